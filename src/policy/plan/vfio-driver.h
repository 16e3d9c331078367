/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which driver a device is to be on while it is claimed, and which may stay. */

#include <stdbool.h>

#include "model/device.h"
#include "model/group-def.h"

/* Is this one of the drivers that hand a device to user space? */
static inline bool driver_is_vfio(const char *driver)
{
	return driver && driver_name_allowed(driver);
}

/* The same of @device: the drivers of some buses are the host's and VFIO's at once. */
bool device_is_on_vfio(const struct device *device);

/*
 * May a bridge stay on @driver (NULL: none) while somebody else does DMA in its IOMMU group? Only on none, or on one
 * that the kernel marks driver_managed_dma: pcieport does, shpchp does not (drivers/pci/pcie/portdrv.c;
 * measured on 6.12: SET_CONTAINER answers EPERM while the bridge is on shpchp).
 */
bool bridge_driver_may_stay(const char *driver);

/* The driver for @device under @def: the definition's own, or the best for the bus. NULL: there is none. */
const char *vfio_driver_for(const struct device *device, const struct groupdef *def);
