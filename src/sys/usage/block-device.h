/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Block devices, by their names below /sys/class/block, and the devices that carry them:
 * through partitions, LVM, dm, md, loops on disks, and the several ways to an NVMe namespace.
 */

#include <sys/types.h>

#include "sys/usage/usage-set.h"

/* NULL where there is none. All: 0 or -ENOMEM; the caller frees. */
int block_device_by_number(const struct usage_set *set, dev_t number, char **ret) _must_check_;
/*
 * By the path of a node, of a file on a disk, or of several joined with colons as bcachefs has
 * them.
 */
int block_device_by_path(const struct usage_set *set, const char *path, char ***ret) _must_check_;
/*
 * Keys of the devices that a place of sysfs ("devices/…") hangs on: one, or each that leads to an
 * NVMe subsystem.
 */
int block_device_owners_of_devpath(const struct usage_set *set, const char *place,
				   char ***ret) _must_check_;
/*
 * Keys of the devices that it hangs on without another block device in between; none for virtual
 * ones.
 */
int block_device_direct_owners(const struct usage_set *set, const char *name,
			       char ***ret) _must_check_;
/* Keys of all devices that it needs, at the bottom of whatever it is built on. */
int block_device_owners(const struct usage_set *set, const char *name, char ***ret) _must_check_;
/* "vg-home" for dm-3; its name for what has no other. */
int block_device_title(const struct usage_set *set, const char *name, char **ret) _must_check_;
