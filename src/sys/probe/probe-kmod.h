/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reads /sys/devgroups, which the kernel module provides. Without the module, or before a directory
 * appears there, nothing is read, and callers derive the facts from configuration space. The module
 * announces later facts with an event of its own.
 */

#include <sys/types.h>

#include "model/inventory.h"
#include "sys/sysfs.h"

/* Fills in what the module knows of @device, and sets @device->source accordingly. 0 or -ENOMEM. */
int probe_kmod_device(const struct sysfs_root *root, struct device *device) _must_check_;

/*
 * Tells whether a program has the device's IOMMU group now: 1 or 0. Negative errno if the module
 * does not know.
 */
int probe_kmod_is_owned_by_user(const struct sysfs_root *root,
				const struct device *device) _must_check_;

/* Sets inv->kernel_module; NULL where the module is not loaded. 0 or -ENOMEM. */
int probe_kmod_version(const struct sysfs_root *root, struct inventory *inv) _must_check_;

/*
 * Makes the filtered configuration space and resources of @device readable for @uid and root alone.
 * 0 or negative errno: -ENOENT where there are no such files.
 */
int probe_kmod_grant(const struct sysfs_root *root, const struct device *device,
		     uid_t uid) _must_check_;
