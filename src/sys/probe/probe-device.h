/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What tells a device from others, where it is and who has it: all that the kernel knows by heart,
 * so nothing here wakes a device, or takes longer than to read a dozen small files.
 */

#include "model/device.h"
#include "sys/sysfs.h"

/* *ret_fd is its directory in sysfs. 0 or negative errno; -ENOENT if it is not there. */
int probe_device_read(const struct sysfs_root *root, const char *bus, const char *address,
		      struct device **ret, int *ret_fd) _must_check_;
