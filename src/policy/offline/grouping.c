/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Group numbers by the rules of the kernel, from topology, ACS and aliases. It asks each device
 * once and keeps the answers, so that the time grows with the number of devices.
 */

#include <errno.h>
#include <string.h>

#include "policy/devinfo/pcicap.h"
#include "policy/isolation/acs.h"
#include "policy/isolation/topology.h"
#include "policy/offline/grouping.h"

#define NONE SIZE_MAX
#define DEVFNS 256

bool grouping_joins_above(const struct inventory *inv, const struct device *bridge)
{
	for (unsigned n = 0; bridge && n < TOPOLOGY_DEPTH_MAX; n++) {
		if (acs_bridge_aliases(bridge) || !acs_isolates(bridge))
			return true;
		bridge = topology_parent(inv, bridge);
	}
	return false;
}

/* --- what is known of each device --- */

struct grouping_node {
	struct pciaddr addr;
	bool is_pci;
	size_t parent; /* the bridge above; NONE: there is none */
	size_t owner;  /* the device that its DMA comes from, mostly itself */
	bool isolates; /* devices behind it, or its functions, are kept apart */
	bool joins;    /* a device below it joins it: it or a bridge above does not isolate */
	bool multifunction;
	bool bus_has_aliases; /* some device of its bus uses addresses of others */
	size_t bus, bus_end;  /* the devices on its bus */
	int number;	      /* the group; -1: none yet */
};

struct grouping {
	const struct inventory *inv;
	struct grouping_node *nodes;
	int next; /* the number of the next group */
};

/* Returns the index of the device @key, or NONE. */
static size_t grouping_find(const struct inventory *inv, const char *key)
{
	const struct device *device = key ? inventory_find(inv, key) : NULL;
	ptrdiff_t i = device ? vec_find_sorted(&inv->devices, device, device_cmp, NULL) : -1;

	return i < 0 ? NONE : (size_t)i;
}

/*
 * Fills the node at @i. Bridges have lower addresses than the devices behind them. In a forged
 * snapshot they may not; such a bridge counts as absent, so walks up end.
 */
static void grouping_fill_node(struct grouping *grouping, size_t i)
{
	const struct device *device = grouping->inv->devices.items[i];
	struct grouping_node *node = &grouping->nodes[i];
	const struct grouping_node *above;

	node->number = -1;
	node->parent = NONE;
	node->owner = i;
	node->is_pci = device_is_pci(device) && pciaddr_parse(device->address, &node->addr) >= 0;
	if (!node->is_pci)
		return;
	node->parent = grouping_find(grouping->inv, device->parent);
	if (node->parent != NONE && node->parent >= i)
		node->parent = NONE;
	if (device->dma_owner)
		node->owner = grouping_find(grouping->inv, device->dma_owner);
	if (node->owner == NONE || node->owner > i)
		node->owner = i;
	above = node->parent == NONE ? NULL : &grouping->nodes[node->parent];
	node->isolates = acs_isolates(device);
	node->joins = acs_bridge_aliases(device) || !node->isolates || (above && above->joins);
	node->multifunction = pcicap_is_multifunction(device);
	node->bus_has_aliases = acs_has_aliases(device);
}

static bool grouping_same_bus(const struct grouping_node *a, const struct grouping_node *b)
{
	return b->is_pci && a->addr.domain == b->addr.domain && a->addr.bus == b->addr.bus;
}

/* Finds the ranges of devices on one bus, which are adjacent. */
static void grouping_find_buses(struct grouping *grouping)
{
	struct grouping_node *nodes = grouping->nodes;
	size_t n = grouping->inv->devices.n;

	for (size_t first = 0, end; first < n; first = end) {
		bool aliases = false;

		for (end = first + 1; end < n && nodes[first].is_pci &&
				      grouping_same_bus(&nodes[first], &nodes[end]);
		     end++)
			;
		for (size_t i = first; i < end; i++)
			aliases |= nodes[i].bus_has_aliases;
		for (size_t i = first; i < end; i++) {
			nodes[i].bus = first;
			nodes[i].bus_end = end;
			nodes[i].bus_has_aliases = aliases;
		}
	}
}

/* --- the rules --- */

static int grouping_find_alias_group(const struct grouping *grouping, size_t i, bool *visited);

/* Finds a group among the functions of its device that do not isolate, or their aliases. */
static int grouping_find_function_group(const struct grouping *grouping, size_t i, bool *visited)
{
	const struct grouping_node *node = &grouping->nodes[i];

	if (!node->multifunction || node->isolates)
		return -1;
	for (size_t k = node->bus; k < node->bus_end; k++) {
		int number;

		if (k == i || grouping->nodes[k].addr.slot != node->addr.slot ||
		    grouping->nodes[k].isolates)
			continue;
		number = grouping_find_alias_group(grouping, k, visited);
		if (number >= 0)
			return number;
	}
	return -1;
}

static bool grouping_is_alias(const struct grouping *grouping, size_t i, size_t k)
{
	const struct device *a = grouping->inv->devices.items[i],
			    *b = grouping->inv->devices.items[k];

	return acs_is_alias(a, b) || acs_is_alias(b, a);
}

/*
 * Finds the group of the device at @i, or of a device on its bus that it is an alias of, in one
 * step or several. @visited has a flag for each place on the bus.
 */
static int grouping_find_alias_group(const struct grouping *grouping, size_t i, bool *visited)
{
	const struct grouping_node *node = &grouping->nodes[i];
	unsigned devfn = node->addr.slot << 3u | node->addr.function;

	if (visited[devfn])
		return -1;
	visited[devfn] = true;
	if (node->number >= 0 || !node->bus_has_aliases)
		return node->number;
	for (size_t k = node->bus; k < node->bus_end; k++) {
		int number;

		if (k == i || !grouping_is_alias(grouping, i, k))
			continue;
		number = grouping_find_alias_group(grouping, k, visited);
		if (number < 0)
			number = grouping_find_function_group(grouping, k, visited);
		if (number >= 0)
			return number;
	}
	return -1;
}

/*
 * Finds the group of the device at @i among those before it (drivers/iommu/iommu.c,
 * pci_device_group()), or returns the number of a new one.
 */
static int grouping_number(const struct grouping *grouping, size_t i)
{
	const struct grouping_node *node = &grouping->nodes[i];
	bool visited[DEVFNS] = { false };
	int number;

	if (node->owner != i)
		return grouping->nodes[node->owner].number;
	if (node->parent != NONE && grouping->nodes[node->parent].joins &&
	    grouping->nodes[node->parent].number >= 0)
		return grouping->nodes[node->parent].number;
	number = grouping_find_alias_group(grouping, i, visited);
	if (number < 0)
		number = grouping_find_function_group(grouping, i, visited);
	return number < 0 ? grouping->next : number;
}

int grouping_derive(const struct inventory *inv, int **ret)
{
	_cleanup_free_ struct grouping_node *nodes = calloc(inv->devices.n + 1, sizeof(*nodes));
	int *numbers = calloc(inv->devices.n + 1, sizeof(int));
	struct grouping grouping = { .inv = inv, .nodes = nodes };

	if (!nodes || !numbers) {
		free(numbers);
		return -ENOMEM;
	}
	for (size_t i = 0; i < inv->devices.n; i++)
		grouping_fill_node(&grouping, i);
	grouping_find_buses(&grouping);
	for (size_t i = 0; i < inv->devices.n; i++) {
		if (nodes[i].is_pci)
			nodes[i].number = grouping_number(&grouping, i);
		if (nodes[i].number == grouping.next)
			grouping.next++;
		numbers[i] = nodes[i].number;
	}
	*ret = numbers;
	return 0;
}

/* --- what is not known --- */

static bool grouping_is_acs_unknown(const struct device *device)
{
	return acs_quirk(device) < 0 && acs_state(device) == ACS_UNKNOWN;
}

/*
 * Returns whether something that decides the group of @device is not known: its place, or whether a
 * bridge above or a function beside it isolates.
 */
static bool grouping_is_unsure(const struct inventory *inv, const struct device *device)
{
	const struct device *bridge = device;

	for (unsigned n = 0; bridge && n < TOPOLOGY_DEPTH_MAX; n++) {
		if (bridge->place_unknown || (bridge != device && grouping_is_acs_unknown(bridge)))
			return true;
		bridge = topology_parent(inv, bridge);
	}
	if (!pcicap_is_multifunction(device) || !grouping_is_acs_unknown(device))
		return false;
	TOPOLOGY_FOREACH(other, inv, topology_slot(inv, device))
		if (other != device)
			return true;
	return false;
}

int grouping_apply(struct inventory *inv)
{
	_cleanup_free_ int *numbers = NULL;
	int r = grouping_derive(inv, &numbers);

	if (r < 0)
		return r;
	for (size_t i = 0; i < inv->devices.n; i++) {
		struct device *device = inv->devices.items[i];

		if (numbers[i] < 0)
			continue;
		device->group_unsure = grouping_is_unsure(inv, device);
		r = inventory_set_group(inv, device, numbers[i]);
		if (r < 0)
			return r;
	}
	inv->groups_derived = true;
	return 0;
}
