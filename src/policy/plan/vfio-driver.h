/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which driver a device is to be on while it is claimed, and which may stay. */

#include <stdbool.h>

#include "model/device.h"
#include "model/group-def.h"

/* Is this one of the drivers that hand a device to user space? */
static inline bool vfio_driver_is_known(const char *driver)
{
	return driver && group_def_driver_allowed(driver);
}

/* The same of @device: the drivers of some buses are the host's and VFIO's at once. */
bool vfio_driver_is_bound(const struct device *device);

/*
 * May a bridge stay on @driver (NULL: none) while somebody else does DMA in its IOMMU group? Only
 * on none, or on one that the kernel marks driver_managed_dma: pcieport does, shpchp does not
 * (drivers/pci/pcie/portdrv.c; measured on 6.12: SET_CONTAINER answers EPERM while the bridge is on
 * shpchp).
 */
bool vfio_driver_allows_bridge(const char *driver);

/* The driver for @device under @def: the definition's own, or the best for the bus. NULL: there is
 * none. */
const char *vfio_driver_for(const struct device *device, const struct group_def *def);
