/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/devinfo/pcicap.h"
#include "policy/isolation/acs.h"
#include "policy/offline/grouping-nodes.h"

/* Returns the index of the device @key, or GROUPING_NONE. */
static size_t grouping_nodes_find(const struct inventory *inv, const char *key)
{
	const struct device *device = key ? inventory_find(inv, key) : NULL;

	return device ? inventory_index(inv, device) : GROUPING_NONE;
}

/*
 * Fills the node at @i. Bridges have lower addresses than the devices behind them. In a forged
 * snapshot they may not; such a bridge counts as absent, so walks up end.
 */
static void grouping_nodes_fill_one(struct grouping *grouping, size_t i)
{
	const struct device *device = grouping->inv->devices.items[i];
	struct grouping_node *node = &grouping->nodes[i];
	const struct grouping_node *above;

	node->number = -1;
	node->parent = GROUPING_NONE;
	node->owner = i;
	node->is_pci = device_is_pci(device) && pciaddr_parse(device->address, &node->addr) >= 0;
	if (!node->is_pci)
		return;
	node->parent = grouping_nodes_find(grouping->inv, device->parent);
	if (node->parent != GROUPING_NONE && node->parent >= i)
		node->parent = GROUPING_NONE;
	node->pf = device->physfn ? grouping_nodes_find(grouping->inv, device->physfn) : i;
	if (node->pf == GROUPING_NONE || node->pf > i)
		node->pf = i;
	if (device->dma_owner)
		node->owner = grouping_nodes_find(grouping->inv, device->dma_owner);
	if (node->owner == GROUPING_NONE || node->owner > i)
		node->owner = i;
	above = node->parent == GROUPING_NONE ? NULL : &grouping->nodes[node->parent];
	node->isolates = acs_isolates_by(device, grouping->rules);
	node->joins = acs_bridge_aliases(device) || !node->isolates || (above && above->joins);
	if (device == grouping->isolator)
		node->joins = false;
	node->multifunction = pcicap_is_multifunction(device);
	node->has_aliases = acs_has_aliases_by(device, grouping->rules);
}

static bool grouping_nodes_share_bus(const struct grouping_node *a, const struct grouping_node *b)
{
	return b->is_pci && a->addr.domain == b->addr.domain && a->addr.bus == b->addr.bus;
}

/* Finds the ranges of devices on one bus, which are adjacent. */
static void grouping_nodes_find_buses(struct grouping *grouping)
{
	struct grouping_node *nodes = grouping->nodes;
	size_t n = grouping->inv->devices.n;

	for (size_t first = 0, end; first < n; first = end) {
		bool aliases = false;

		for (end = first + 1; end < n && nodes[first].is_pci &&
				      grouping_nodes_share_bus(&nodes[first], &nodes[end]);
		     end++)
			;
		for (size_t i = first; i < end; i++)
			aliases |= nodes[i].has_aliases;
		for (size_t i = first; i < end; i++) {
			nodes[i].bus = first;
			nodes[i].bus_end = end;
			nodes[i].bus_has_aliases = aliases;
		}
	}
}

bool grouping_nodes_are_aliases(const struct grouping *grouping, size_t i, size_t k)
{
	const struct device *a = grouping->inv->devices.items[i],
			    *b = grouping->inv->devices.items[k];

	return (grouping->nodes[i].has_aliases && acs_is_alias(a, b)) ||
	       (grouping->nodes[k].has_aliases && acs_is_alias(b, a));
}

void grouping_nodes_fill(struct grouping *grouping)
{
	for (size_t i = 0; i < grouping->inv->devices.n; i++)
		grouping_nodes_fill_one(grouping, i);
	grouping_nodes_find_buses(grouping);
}
