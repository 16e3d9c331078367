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
#include "policy/offline/grouping-nodes.h"
#include "policy/offline/grouping.h"

#define DEVFNS 256

#define GROUPING_DMA_OWNERS KERNEL_RULES(5, 6) /* the first Linux with pci_real_dma_dev() */

bool grouping_joins_above(const struct inventory *inv, const struct device *bridge)
{
	for (unsigned n = 0; bridge && n < TOPOLOGY_DEPTH_MAX; n++) {
		if (acs_bridge_aliases(bridge) || !acs_isolates(bridge))
			return true;
		bridge = topology_parent(inv, bridge);
	}
	return false;
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

		if (k == i || !grouping_nodes_are_aliases(grouping, i, k))
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

	if (node->owner != i && grouping->rules < GROUPING_DMA_OWNERS)
		return -1;
	if (node->owner != i)
		return grouping->nodes[node->owner].number;
	if (node->parent != GROUPING_NONE && grouping->nodes[node->parent].joins &&
	    grouping->nodes[node->parent].number >= 0)
		return grouping->nodes[node->parent].number;
	number = grouping_find_alias_group(grouping, i, visited);
	if (number < 0)
		number = grouping_find_function_group(grouping, i, visited);
	return number < 0 ? grouping->next : number;
}

static int grouping_derive_with(const struct inventory *inv, unsigned rules,
				const struct device *isolator, int **ret)
{
	_cleanup_free_ struct grouping_node *nodes = calloc(inv->devices.n + 1, sizeof(*nodes));
	int *numbers = calloc(inv->devices.n + 1, sizeof(int));
	_cleanup_free_ bool *ties = calloc(inv->devices.n + 1, sizeof(*ties));
	struct grouping grouping = {
		.inv = inv, .nodes = nodes, .rules = rules, .ties = ties, .isolator = isolator
	};

	if (!nodes || !numbers || !ties) {
		free(numbers);
		return -ENOMEM;
	}
	grouping_nodes_fill(&grouping);
	for (size_t i = 0; i < inv->devices.n; i++) {
		if (nodes[i].is_pci)
			nodes[i].number = rules == KERNEL_RULES_NEXT ?
						  grouping_next_number(&grouping, i) :
						  grouping_number(&grouping, i);
		if (nodes[i].number == grouping.next)
			grouping.next++;
		numbers[i] = nodes[i].number;
	}
	*ret = numbers;
	return 0;
}

int grouping_derive_by(const struct inventory *inv, unsigned rules, int **ret)
{
	return grouping_derive_with(inv, rules, NULL, ret);
}

int grouping_derive_below(const struct inventory *inv, const struct device *port, int **ret)
{
	return grouping_derive_with(inv, KERNEL_RULES_NEWEST, port, ret);
}

int grouping_derive(const struct inventory *inv, int **ret)
{
	return grouping_derive_by(inv, KERNEL_RULES_NEWEST, ret);
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
/* Returns whether a device on a bus has aliases that are not known, which may be of another one. */
static bool grouping_has_hidden_alias(const struct inventory *inv, const struct device *device)
{
	struct topology_range bus = topology_bus(inv, device);

	if (bus.end - bus.first < 2)
		return false;
	TOPOLOGY_FOREACH(other, inv, bus)
		if (acs_hides_aliases(other))
			return true;
	return false;
}

bool grouping_is_unsure(const struct inventory *inv, const struct device *device)
{
	const struct device *bridge = device;

	for (unsigned n = 0; bridge && n < TOPOLOGY_DEPTH_MAX; n++) {
		if (bridge->place_unknown || (bridge != device && grouping_is_acs_unknown(bridge)))
			return true;
		bridge = topology_parent(inv, bridge);
	}
	if (grouping_has_hidden_alias(inv, device))
		return true;
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
