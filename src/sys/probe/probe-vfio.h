/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Finds out which interfaces of VFIO the kernel has. */

#include "model/inventory.h"
#include "sys/sysfs.h"

/* Sets has_vfio, has_iommufd and has_vfio_cdev of @inv; reads its kernel_release. 0 or -ENOMEM. */
int probe_vfio(const struct sysfs_root *root, struct inventory *inv) _must_check_;
