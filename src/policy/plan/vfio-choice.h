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

/* Returns whether @driver hands devices to user space. */
static inline bool vfio_choice_is_vfio(const char *driver)
{
	return driver && group_def_driver_allowed(driver);
}

/*
 * Returns whether @device is on a driver that hands it to user space. On some buses its host driver
 * does that too.
 */
bool vfio_choice_is_bound(const struct device *device);

/*
 * Returns whether a bridge may stay on @driver (NULL: none) while a user does DMA in its IOMMU
 * group. The kernel allows only no driver, or one marked driver_managed_dma: pcieport is, shpchp is
 * not (drivers/pci/pcie/portdrv.c; measured on 6.12: SET_CONTAINER fails with EPERM while the
 * bridge is on shpchp).
 */
bool vfio_choice_allows_bridge(const char *driver);

/*
 * Returns the driver for @device under @def: the one of the definition, or the best for the bus.
 * NULL: there is none.
 */
const char *vfio_choice_driver(const struct device *device, const struct group_def *def);

/* Returns a sentence on why this host offers no iommufd, or NULL if it does. Static. */
const char *vfio_choice_why_no_iommufd(const struct inventory *inv);

/*
 * The same for these devices (struct device). A device that keeps its driver is never given by its
 * own node: a release proves by an unbind that no descriptor of that node is left.
 */
const char *vfio_choice_why_no_iommufd_for(const struct inventory *inv, const struct vec *devices);

/*
 * Returns the interface of a claim of these devices that asked for @wanted. INTERFACE_AUTO is
 * iommufd if both the host and the devices have it, else the group; by path it is the nodes of
 * both. Any other value is returned as it is, even if the host lacks it.
 */
enum vfio_interface vfio_choice_interface(const struct inventory *inv, const struct vec *devices,
					  enum vfio_interface wanted, enum access_mode access);
