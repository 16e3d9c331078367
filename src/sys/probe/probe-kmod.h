/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the kernel module says in /sys/devgroups. Without the module, or where its directory
 * is not there yet, there is nothing, and whoever asks works it out from configuration space; the
 * module's own event follows when it has more to say.
 */

#include <sys/types.h>

#include "model/inventory.h"
#include "sys/sysfs.h"

/* Fills what the module knows of @device, and says in @device->source that it does. 0 or -ENOMEM.
 */
int probe_kmod_device(const struct sysfs_root *root, struct device *device) _must_check_;

/*
 * Does a program have the device's IOMMU group at this moment? 1 or 0; negative errno: the module
 * does not say.
 */
int probe_kmod_is_owned_by_user(const struct sysfs_root *root,
				const struct device *device) _must_check_;

/* 0 or -ENOMEM; the version is NULL where it is not loaded. */
int probe_kmod_version(const struct sysfs_root *root, struct inventory *inv) _must_check_;

/*
 * Makes the filtered configuration space and resources of @device readable for @uid alone (and
 * root). 0, or negative errno: -ENOENT where there are no such files.
 */
int probe_kmod_grant(const struct sysfs_root *root, const struct device *device,
		     uid_t uid) _must_check_;
