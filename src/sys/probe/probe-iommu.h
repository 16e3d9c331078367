/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The IOMMUs themselves, as /sys/class/iommu shows them, and which translates for whom. */

#include "model/inventory.h"
#include "sys/sysfs.h"

/* Sets inv->iommus, a line for each unit (iommuunit.h). 0 or -ENOMEM. */
int probe_iommu_list(const struct sysfs_root *root, struct inventory *inv) _must_check_;
/* Sets device->iommu from its directory of sysfs. 0 or -ENOMEM. */
int probe_iommu_of_device(int dir_fd, struct device *device) _must_check_;
