/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reads what identifies a device, where it is, and which driver has it. The kernel has all of this
 * in memory, so nothing here wakes a device, or takes longer than reading a dozen small files.
 */

#include "model/device.h"
#include "sys/sysfs.h"

/*
 * Reads one device. *ret_fd is its directory in sysfs, which the caller closes. 0 or negative
 * errno: -ENOENT if it does not exist.
 */
int probe_device_read(const struct sysfs_root *root, const char *bus, const char *address,
		      struct device **ret, int *ret_fd) _must_check_;
