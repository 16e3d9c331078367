/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Finds the devices that carry a block device: through partitions, LVM, dm, md, loops on disks, and
 * the several paths to an NVMe namespace. Block devices go by their names in /sys/class/block. All
 * functions return 0 or -ENOMEM, and the caller frees *ret.
 */

#include <sys/types.h>

#include "sys/usage/usage-set.h"

/* Finds a block device by its number. *ret is NULL where there is none. */
int block_device_by_number(const struct usage_set *set, dev_t number, char **ret) _must_check_;
/*
 * Finds block devices by the path of a node, or of a file on a disk. Several nodes may be joined
 * with colons, as bcachefs has them.
 */
int block_device_by_path(const struct usage_set *set, const char *path, char ***ret) _must_check_;
/*
 * Finds the keys of the devices that a path of sysfs ("devices/…") belongs to: one, or all that
 * lead to an NVMe subsystem.
 */
int block_device_owners_of_devpath(const struct usage_set *set, const char *devpath,
				   char ***ret) _must_check_;
/*
 * Finds the keys of the devices that @name is on without another block device in between. A virtual
 * block device has none.
 */
int block_device_direct_owners(const struct usage_set *set, const char *name,
			       char ***ret) _must_check_;
/* Finds the keys of all devices that @name needs, through all block devices that it is built on. */
int block_device_owners(const struct usage_set *set, const char *name, char ***ret) _must_check_;
/* Finds a name for people: "vg-home" for dm-3, and for others the name itself. */
int block_device_title(const struct usage_set *set, const char *name, char **ret) _must_check_;
/* Adds a usage of the block source to all devices that carry @name. */
int block_device_add_usage(struct usage_set *set, const char *name, const char *kind,
			   const char *what) _must_check_;
