/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reads which errors of a device the kernel has counted, and whether the device is cut off (AER,
 * DPC, EEH).
 */

#include "model/inventory.h"
#include "sys/sysfs.h"

/*
 * Reads the device's own counters when it is first seen. Errors that were corrected until then show
 * in its state.
 */
void probe_errors_init(int dir_fd, struct device *device);

/* Reads all counters into *ret, and keeps its state. 0 or -ENOMEM. */
int probe_errors(const struct sysfs_root *root, const struct inventory *inv,
		 const struct device *device, struct device_errors *ret) _must_check_;
