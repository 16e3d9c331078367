/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the kernel has counted of a device's errors, and whether it is cut off (AER, DPC, EEH). */

#include "model/inventory.h"
#include "sys/sysfs.h"

/* Its own counters, at the first sight of a device; what was corrected so far shows in its state.
 */
void probe_errors_init(int dir_fd, struct device *device);

/* All readings of *ret; its state stays. 0 or -ENOMEM. */
int probe_errors(const struct sysfs_root *root, const struct inventory *inv,
		 const struct device *device, struct device_errors *ret) _must_check_;
