/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The parts of VFIO that a claim gets: the driver of each device, which drivers may stay, and which
 * of the two interfaces.
 */

#include <stdbool.h>

#include "model/device.h"
#include "model/group-def.h"
#include "model/inventory.h"
#include "model/record.h"

/* Is this one of the drivers that hand a device to user space? */
static inline bool vfio_choice_is_vfio(const char *driver)
{
	return driver && group_def_driver_allowed(driver);
}

/* The same of @device: the drivers of some buses are the host's and VFIO's at once. */
bool vfio_choice_is_bound(const struct device *device);

/*
 * May a bridge stay on @driver (NULL: none) while somebody else does DMA in its IOMMU group? Only
 * on none, or on one that the kernel marks driver_managed_dma: pcieport does, shpchp does not
 * (drivers/pci/pcie/portdrv.c; measured on 6.12: SET_CONTAINER answers EPERM while the bridge is on
 * shpchp).
 */
bool vfio_choice_allows_bridge(const char *driver);

/* The driver for @device under @def: the definition's own, or the best for the bus. NULL: there is
 * none. */
const char *vfio_choice_driver(const struct device *device, const struct group_def *def);

/* Why this host has no iommufd to give, a sentence; NULL if it has. */
const char *vfio_choice_why_no_iommufd(const struct inventory *inv);

/*
 * What a claim gets that asked for @wanted: INTERFACE_AUTO is iommufd where the host has it, else
 * the group; by path it is the nodes of both. Anything else is what was asked for, whether the host
 * has it or not.
 */
enum vfio_interface vfio_choice_interface(const struct inventory *inv, enum vfio_interface wanted,
					  enum access_mode access);
