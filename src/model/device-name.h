/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The names by which users know a device, besides its key: a short address, an interface, a disk, a
 * node, a path in sysfs, a UUID. Every program and method that takes a device reads them here.
 */

#include "model/inventory.h"

/* The prefix of the name of an IOMMU group, "iommu:11". */
#define DEVICE_NAME_IOMMU "iommu:"

/*
 * Returns the device that @name means, or NULL:
 *
 * "0000:02:00.0", "02:00.0", "platform:fe200000.dma"	its key, as device_bus_key_normalize().
 * "fe200000.dma", a UUID				its address, without the bus.
 * "eth0", "net/eth0"					a network interface.
 * "nvme0n1", "nvme0n1p2", "/dev/nvme0"			a disk, partition or controller.
 * "/sys/bus/pci/devices/…", "/sys/devices/…"		a directory of sysfs, its own or below.
 */
struct device *device_name_find(const struct inventory *inv, const char *name);

/* Tells whether @name means a device with these interfaces: "net/eth0 MAC", "nvme/nvme0". */
bool device_name_is_interface(char *const *interfaces, const char *name);

/*
 * Returns the IOMMU group that @name means ("iommu:11", "/dev/vfio/11",
 * "/sys/kernel/iommu_groups/11"), or NULL.
 */
struct iommu_group *device_name_find_iommu_group(const struct inventory *inv, const char *name);

/*
 * Returns "0000:02:00.0 (eth0)": the key of @device, and the name by which the host knows it. The
 * caller frees it. NULL when out of memory.
 */
char *device_name_show(const struct device *device) _must_check_;
