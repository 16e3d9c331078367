/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads the IOMMUs of /sys/class/iommu, and which of them translates for a device. */

#include "model/inventory.h"
#include "sys/sysfs.h"

/* Sets inv->iommus, a line for each unit (policy/devinfo/iommu-unit.h). 0 or -ENOMEM. */
int probe_iommu_list(const struct sysfs_root *root, struct inventory *inv) _must_check_;
/* Sets device->iommu from the device's directory in sysfs. 0 or -ENOMEM. */
int probe_iommu_of_device(int dir_fd, struct device *device) _must_check_;
