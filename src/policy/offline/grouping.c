/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Group numbers by the rules of the kernel, from topology and ACS. */

#include <errno.h>

#include "policy/isolation/acs.h"
#include "policy/isolation/topology.h"
#include "policy/offline/grouping.h"

bool grouping_joins_above(const struct inventory *inv, const struct device *bridge)
{
	for (unsigned n = 0; bridge && n < TOPOLOGY_DEPTH_MAX; n++) {
		if (acs_bridge_aliases(bridge) || !acs_isolates(bridge))
			return true;
		bridge = topology_parent(inv, bridge);
	}
	return false;
}

/* Returns whether the kernel would put two functions of one device into one group. */
static bool grouping_joins_function(const struct device *a, const struct device *b)
{
	/* a VF isolates, and its address names no slot */
	if (a == b || a->physfn || b->physfn)
		return false;
	return acs_is_alias(a, b) || acs_is_alias(b, a) || (!acs_isolates(a) && !acs_isolates(b));
}

/*
 * Returns the group of the device at @at, or @next for a new one. Bridges and lower functions have
 * lower addresses, so they have a number already.
 */
static int grouping_number(const struct inventory *inv, size_t at, const int *numbers, int next)
{
	const struct device *device = inv->devices.items[at],
			    *bridge = topology_parent(inv, device);
	ptrdiff_t i;

	if (bridge && grouping_joins_above(inv, bridge)) {
		i = vec_find_sorted(&inv->devices, bridge, device_cmp, NULL);
		if (i >= 0 && (size_t)i < at && numbers[i] >= 0)
			return numbers[i];
	}
	TOPOLOGY_FOREACH(other, inv, topology_slot(inv, device))
		if (other_at.first < at && grouping_joins_function(device, other))
			return numbers[other_at.first];
	return next;
}

int grouping_derive(const struct inventory *inv, int **ret)
{
	int *numbers = calloc(inv->devices.n + 1, sizeof(int)), next = 0;

	if (!numbers)
		return -ENOMEM;
	for (size_t i = 0; i < inv->devices.n; i++) {
		const struct device *device = inv->devices.items[i];

		numbers[i] = device_is_pci(device) ? grouping_number(inv, i, numbers, next) : -1;
		if (numbers[i] == next)
			next++;
	}
	*ret = numbers;
	return 0;
}

int grouping_apply(struct inventory *inv)
{
	_cleanup_free_ int *numbers = NULL;
	int r = grouping_derive(inv, &numbers);

	if (r < 0)
		return r;
	for (size_t i = 0; i < inv->devices.n; i++) {
		if (numbers[i] < 0)
			continue;
		r = inventory_set_group(inv, inv->devices.items[i], numbers[i]);
		if (r < 0)
			return r;
	}
	inv->groups_derived = true;
	return 0;
}
