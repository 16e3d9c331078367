/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Groups by the rules of a series of patches that may change them (KERNEL_RULES_SERIES). A bus
 * isolates or not, and one that does not makes a group of everything below it. Isolation is asked
 * of all ports of a switch, and of all functions of a device. What has no ACS capability, and is no
 * port of a switch, counts as unable to pass requests on.
 */

#include <string.h>

#include "policy/devinfo/pcicap.h"
#include "policy/isolation/acs.h"
#include "policy/isolation/kernel-rules.h"
#include "policy/offline/grouping-nodes.h"

#define DEVFNS 256
#define BAR0 0x10 /* of a bridge; it has two, and an expansion ROM at BRIDGE_ROM */
#define BRIDGE_ROM 0x38
#define BAR_IS_IO 0x1u
#define BAR_ADDRESS 0xfffffff0u

enum grouping_bus {
	GROUPING_BUS_ISOLATED,
	GROUPING_BUS_SHARED,	  /* the devices on it share a group */
	GROUPING_BUS_WITH_BRIDGE, /* and the bridge above is in it */
};

static const struct device *grouping_next_device(const struct grouping *grouping, size_t i)
{
	return grouping->inv->devices.items[i];
}

/* Returns whether a bridge has memory of its own, which devices behind it reach. */
static bool grouping_next_has_memory(const struct device *bridge)
{
	for (size_t i = 0; i < DEVICE_RESOURCES; i++)
		if (bridge->resources[i].flags & IORESOURCE_MEM && bridge->resources[i].end)
			return true;
	for (size_t at = BAR0; at < BAR0 + 8; at += 4) {
		uint32_t bar = pcicap_u32(bridge, at);

		if (!(bar & BAR_IS_IO) && bar & BAR_ADDRESS)
			return true;
	}
	return (pcicap_u32(bridge, BRIDGE_ROM) & 0xfffff800u) != 0;
}

/* Returns how the bus between the ports of a switch isolates, by the port at @i. */
static enum grouping_bus grouping_next_switch(const struct grouping *grouping, size_t i)
{
	const struct grouping_node *nodes = grouping->nodes;
	enum grouping_bus bus = GROUPING_BUS_ISOLATED;

	for (size_t k = nodes[i].bus; k < nodes[i].bus_end; k++) {
		if (nodes[k].pf != k)
			continue;
		if (pcicap_express_type(grouping_next_device(grouping, k)) != EXPRESS_DOWNSTREAM ||
		    nodes[k].has_aliases)
			return bus == GROUPING_BUS_SHARED ? bus : GROUPING_BUS_WITH_BRIDGE;
		if (!nodes[k].isolates)
			bus = GROUPING_BUS_SHARED;
	}
	return bus;
}

/*
 * The models of quirk_use_pcie_bridge_dma_alias() (drivers/pci/quirks.c): bridges from PCI Express
 * that do not say so.
 */
static bool grouping_next_hides_express(const struct grouping *grouping, size_t i)
{
	static const struct {
		uint16_t vendor, device;
	} models[] = { { 0x1b21, 0x1080 },
		       { 0x10e3, 0x8113 },
		       { 0x1283, 0x8892 },
		       { 0x1283, 0x8893 },
		       { 0x8086, 0x244e } };
	const struct device *bridge = grouping_next_device(grouping, i);
	size_t above = grouping->nodes[i].parent;
	int type;

	if (above == GROUPING_NONE)
		return false;
	type = pcicap_express_type(grouping_next_device(grouping, above));
	if (type < 0 || type == EXPRESS_TO_PCI)
		return false;
	for (size_t k = 0; k < ARRAY_SIZE(models); k++)
		if (models[k].vendor == bridge->vendor && models[k].device == bridge->device)
			return true;
	return false;
}

/* Returns how the bus below the bridge @above isolates; the device at @i is on it. */
static enum grouping_bus grouping_next_bus(const struct grouping *grouping, size_t above, size_t i)
{
	const struct device *bridge = grouping_next_device(grouping, above);
	int type = pcicap_express_type(bridge);

	if (type < 0 && grouping_next_hides_express(grouping, above))
		type = EXPRESS_TO_PCI;
	switch (type) {
	case EXPRESS_ROOT_PORT:
		return acs_has_capability(bridge) && !grouping->nodes[above].isolates ?
			       GROUPING_BUS_WITH_BRIDGE :
			       GROUPING_BUS_ISOLATED;
	case EXPRESS_DOWNSTREAM:
		return GROUPING_BUS_ISOLATED;
	case EXPRESS_UPSTREAM:
		return grouping_next_switch(grouping, i);
	case EXPRESS_TO_PCI:
		return grouping_next_has_memory(bridge) ? GROUPING_BUS_WITH_BRIDGE :
							  GROUPING_BUS_SHARED;
	default:
		return GROUPING_BUS_WITH_BRIDGE;
	}
}

/* --- functions of one device, and aliases --- */

static bool grouping_next_loops_back(const struct grouping *grouping, size_t i)
{
	return !grouping->nodes[i].isolates &&
	       acs_has_capability(grouping_next_device(grouping, i));
}

/* Returns whether two devices on a bus that isolates reach each other. */
static bool grouping_next_reach(const struct grouping *grouping, size_t i, size_t k)
{
	const struct grouping_node *a = &grouping->nodes[i], *b = &grouping->nodes[k];

	if (grouping_nodes_are_aliases(grouping, i, k))
		return true;
	if (a->pf != i || b->pf != k || a->addr.slot != b->addr.slot)
		return false;
	if (a->multifunction != b->multifunction)
		return true;
	return a->multifunction &&
	       (grouping_next_loops_back(grouping, i) || grouping_next_loops_back(grouping, k));
}

/* Marks in @set the devices on the bus that @i reaches in one step or several, itself too. */
static size_t grouping_next_reachable(const struct grouping *grouping, size_t i, bool *set)
{
	const struct grouping_node *node = &grouping->nodes[i];
	size_t todo[DEVFNS], n_todo = 0, n = 0;

	todo[n_todo++] = i;
	set[i - node->bus] = true;
	while (n < n_todo) {
		size_t from = todo[n++];

		for (size_t k = node->bus; k < node->bus_end; k++) {
			if (set[k - node->bus] || !grouping_next_reach(grouping, from, k))
				continue;
			set[k - node->bus] = true;
			todo[n_todo++] = k;
		}
	}
	return n;
}

/* Notes that the group @number takes all devices below its members, and returns it. */
static int grouping_next_tie(const struct grouping *grouping, int number)
{
	grouping->ties[number] = true;
	return number;
}

/* Returns the group of the device at @i, whose bus isolates. */
static int grouping_next_function(const struct grouping *grouping, size_t i)
{
	const struct grouping_node *nodes = grouping->nodes;
	size_t first = nodes[i].bus;
	bool set[DEVFNS] = { false };

	if (grouping_next_reachable(grouping, i, set) == 1)
		return grouping->next;
	for (size_t k = first; k < i; k++)
		if (set[k - first] && nodes[k].number >= 0)
			return grouping_next_tie(grouping, nodes[k].number);
	return grouping_next_tie(grouping, grouping->next);
}

/* Returns the group that the devices on the bus of the one at @i share. */
static int grouping_next_shared(const struct grouping *grouping, size_t i)
{
	const struct grouping_node *nodes = grouping->nodes;

	for (size_t k = nodes[i].bus; k < i; k++)
		if (nodes[k].number >= 0)
			return grouping_next_tie(grouping, nodes[k].number);
	return grouping_next_tie(grouping, grouping->next);
}

int grouping_next_number(const struct grouping *grouping, size_t i)
{
	const struct grouping_node *nodes = grouping->nodes;
	size_t above = nodes[nodes[i].pf].parent;

	if (nodes[i].owner != i)
		return nodes[nodes[i].owner].number;
	if (above == GROUPING_NONE || nodes[above].number < 0)
		return grouping_next_function(grouping, i);
	if (grouping->ties[nodes[above].number])
		return nodes[above].number;
	switch (grouping_next_bus(grouping, above, nodes[i].pf)) {
	case GROUPING_BUS_ISOLATED:
		return grouping_next_function(grouping, i);
	case GROUPING_BUS_SHARED:
		return grouping_next_shared(grouping, i);
	case GROUPING_BUS_WITH_BRIDGE:
		break;
	}
	return grouping_next_tie(grouping, nodes[above].number);
}
