/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The positions of devices on the PCI buses. An inventory is sorted by address, so the devices on
 * one bus, or below one bridge, are adjacent. A range is [first, end) of inv->devices.
 */

#include "model/inventory.h"

/* The number of buses. It limits walks up: a forged snapshot may have a circle of bridges. */
#define TOPOLOGY_DEPTH_MAX 256

struct topology_range {
	size_t first, end;
};

/*
 * for (struct device *item of the range): declares item. To leave the loop, return: break ends only
 * the inner loop.
 */
#define TOPOLOGY_FOREACH(item, inv, range)                                               \
	for (struct topology_range item##_at = (range); item##_at.first < item##_at.end; \
	     item##_at.first++)                                                          \
		for (struct device *item = (inv)->devices.items[item##_at.first]; item; item = NULL)

/* Returns the bridge above @device, or NULL on a root bus. */
struct device *topology_parent(const struct inventory *inv, const struct device *device);
bool topology_is_below(const struct inventory *inv, const struct device *device,
		       const struct device *bridge);
/*
 * Returns a range with all devices below @bridge (NULL: all devices). It may have others too;
 * topology_is_below() tells them apart. If the buses of @bridge are unknown, the range is the whole
 * host.
 */
struct topology_range topology_below(const struct inventory *inv, const struct device *bridge);
/* Returns the devices on the bus of @device, which may be a root bus. */
struct topology_range topology_bus(const struct inventory *inv, const struct device *device);
/*
 * Returns the functions of the device that @device belongs to. A VF is alone: its address follows
 * from its PF and names no slot.
 */
struct topology_range topology_slot(const struct inventory *inv, const struct device *device);
