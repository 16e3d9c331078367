/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ranges of a sorted inventory. */

#include "base/str.h"
#include "policy/devinfo/pcicap.h"
#include "policy/isolation/topology.h"

struct device *topology_parent(const struct inventory *inv, const struct device *device)
{
	return device->parent ? inventory_find(inv, device->parent) : NULL;
}

bool topology_is_below(const struct inventory *inv, const struct device *device,
		       const struct device *bridge)
{
	for (unsigned n = 0; device && n < TOPOLOGY_DEPTH_MAX; n++) {
		if (str_eq(device->parent, bridge->key))
			return true;
		device = topology_parent(inv, device);
	}
	return false;
}

/* Returns the index of the device at @addr, or the index where it would be. */
static size_t topology_place(const struct inventory *inv, const struct pciaddr *addr)
{
	char pci[] = "pci", text[PCIADDR_SIZE];
	struct device probe = { .bus = pci, .address = text };
	size_t at = 0;
	ptrdiff_t i;

	pciaddr_format(addr, text);
	i = vec_find_sorted(&inv->devices, &probe, device_cmp, &at);
	return i < 0 ? at : (size_t)i;
}

struct topology_range topology_below(const struct inventory *inv, const struct device *bridge)
{
	struct topology_range range = { 0, inv->devices.n };
	struct pciaddr addr, after;
	uint8_t first, last;

	if (!bridge || pciaddr_parse(bridge->address, &addr) < 0 ||
	    !pcicap_buses(bridge, &first, &last))
		return range;
	range.first = topology_place(inv, &(struct pciaddr){ addr.domain, first, 0, 0 });
	if (last < UINT8_MAX)
		after = (struct pciaddr){ addr.domain, (uint8_t)(last + 1), 0, 0 };
	else
		after = (struct pciaddr){ addr.domain + 1, 0, 0, 0 };
	range.end = topology_place(inv, &after);
	return range;
}

struct topology_range topology_bus(const struct inventory *inv, const struct device *device)
{
	struct pciaddr addr, after;

	if (!device_is_pci(device) || pciaddr_parse(device->address, &addr) < 0)
		return (struct topology_range){ 0, 0 };
	if (addr.bus < UINT8_MAX)
		after = (struct pciaddr){ addr.domain, (uint8_t)(addr.bus + 1), 0, 0 };
	else
		after = (struct pciaddr){ addr.domain + 1, 0, 0, 0 };
	return (struct topology_range){ topology_place(inv, &(struct pciaddr){ addr.domain,
									       addr.bus, 0, 0 }),
					topology_place(inv, &after) };
}

static bool topology_same_slot(const struct device *device, const struct pciaddr *addr)
{
	struct pciaddr other;

	return device_is_pci(device) && pciaddr_parse(device->address, &other) >= 0 &&
	       pciaddr_same_slot(&other, addr);
}

struct topology_range topology_slot(const struct inventory *inv, const struct device *device)
{
	struct topology_range range;
	struct pciaddr addr;

	if (pciaddr_parse(device->address, &addr) < 0)
		return (struct topology_range){ 0, 0 };
	if (device->physfn) {
		range.first = topology_place(inv, &addr);
		range.end = range.first + 1;
		return range;
	}
	addr.function = 0;
	range.first = range.end = topology_place(inv, &addr);
	while (range.end < inv->devices.n &&
	       topology_same_slot(inv->devices.items[range.end], &addr))
		range.end++;
	return range;
}
