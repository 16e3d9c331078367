/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Some kernels give a device its IOMMU group only when a driver is probed for it: where a device
 * tree describes the IOMMU (arm64), and with virtio-iommu. That such a device is in no group does
 * not mean that there is no IOMMU.
 */

#include "model/inventory.h"

/* No group so far, but there will be one with the first driver. */
bool pending_iommu_group(const struct inventory *inv, const struct device *device);
