/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Who sits where on the PCI buses. The devices of an inventory are sorted by
 * address, so what is on one bus, and what is below one bridge, lies together: ranges are [first,
 * end) of inv->devices.
 */

#include "model/inventory.h"

#define TOPOLOGY_DEPTH_MAX                                                     \
	256 /* buses there are: a forged snapshot may have a circle of bridges \
	     */

struct topology_range {
	size_t first, end;
};

/* for (struct device *item of the range): declared here; break leaves nothing, return does. */
#define TOPOLOGY_FOREACH(item, inv, range)                                               \
	for (struct topology_range item##_at = (range); item##_at.first < item##_at.end; \
	     item##_at.first++)                                                          \
		for (struct device *item = (inv)->devices.items[item##_at.first]; item; item = NULL)

/* The bridge above it; NULL on a root bus. */
struct device *topology_parent(const struct inventory *inv, const struct device *device);
bool topology_is_below(const struct inventory *inv, const struct device *device,
		       const struct device *bridge);
/*
 * Where to look for what is below @bridge (NULL: below none, anywhere). All of it is in the range,
 * and topology_is_below() says what else is: where its buses are not known the range is the whole
 * host.
 */
struct topology_range topology_below(const struct inventory *inv, const struct device *bridge);
/* The functions of the device that @device is one of. A VF is alone: its address is made up. */
struct topology_range topology_slot(const struct inventory *inv, const struct device *device);
