/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which of VFIO's interfaces the kernel has. */

#include "model/inventory.h"
#include "sys/sysfs.h"

/* Fills has_vfio, has_iommufd and has_vfio_cdev of @inv, whose kernel_release is known. 0 or
 * -ENOMEM. */
int probe_vfio(const struct sysfs_root *root, struct inventory *inv) _must_check_;
