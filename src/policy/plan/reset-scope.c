/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/str.h"
#include "policy/isolation/topology.h"
#include "policy/plan/reset-scope.h"

static const struct {
	const char *method;
	enum reset_reach reach;
} methods[] = {
	/* drivers/pci/pci.c, pci_reset_fn_methods[] */
	{ "flr", RESET_FUNCTION }, { "af_flr", RESET_FUNCTION }, { "pm", RESET_FUNCTION },
	{ "bus", RESET_BUS },	   { "cxl_bus", RESET_BUS },	 { "slot", RESET_SLOT },
};

enum reset_reach resetscope_reach(const char *method)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (str_eq(methods[i].method, method))
			return methods[i].reach;
	return RESET_PLATFORM;
}

const char *reset_reach_to_string(enum reset_reach reach)
{
	static const char *const names[] = {
		[RESET_FUNCTION] = "function",
		[RESET_BUS] = "bus",
		[RESET_SLOT] = "slot",
		[RESET_PLATFORM] = "platform",
	};

	return names[reach];
}

static bool same_slot(const struct device *a, const struct device *b)
{
	struct pciaddr x, y;

	return str_eq(a->parent, b->parent) && pciaddr_parse(a->address, &x) >= 0 &&
	       pciaddr_parse(b->address, &y) >= 0 && pciaddr_same_slot(&x, &y);
}

/* A VF answers for no slot of its own: it comes and goes with its PF. */
static const struct device *owner_of(const struct inventory *inv, const struct device *device)
{
	const struct device *pf = device->physfn ? inventory_find(inv, device->physfn) : NULL;

	return pf ? pf : device;
}

static bool slot_reaches(const struct inventory *inv, const struct device *device,
			 const struct device *other)
{
	const struct device *top = owner_of(inv, other);

	for (unsigned depth = 0; top && depth < TOPOLOGY_DEPTH_MAX; depth++) {
		if (same_slot(device, top))
			return true;
		top = topology_parent(inv, top);
	}
	return false;
}

static bool reaches(const struct inventory *inv, const struct device *device,
		    const struct device *bridge, enum reset_reach reach, const struct device *other)
{
	if (other == device)
		return true;
	if (!device_is_pci(other))
		return false;
	switch (reach) {
	case RESET_FUNCTION:
		return str_eq(other->physfn, device->key);
	case RESET_BUS:
		return bridge && topology_is_below(inv, other, bridge);
	case RESET_SLOT:
		return slot_reaches(inv, owner_of(inv, device), other);
	case RESET_PLATFORM:
		break;
	}
	return false;
}

/* Where to look: the VFs of a PF, too, are behind the bridge that it sits behind. */
static struct topology_range candidates(const struct inventory *inv, const struct device *device,
					const struct device *bridge, enum reset_reach reach)
{
	ptrdiff_t at;

	if (reach == RESET_SLOT || (reach == RESET_BUS && bridge) ||
	    (reach == RESET_FUNCTION && device->num_vfs > 0))
		return topology_below(inv, bridge);
	at = vec_find_sorted(&inv->devices, device, device_cmp, NULL);
	return (struct topology_range){ (size_t)at, (size_t)at + 1 };
}

/* The kernel module's word; one that is not in the inventory any more has nothing to lose. */
static int add_told(const struct inventory *inv, const struct device *device, struct vec *found)
{
	STRV_FOREACH(address, device->reset_scope) {
		struct device *other = inventory_find(inv, *address);
		int r = other ? vec_add(found, other) : 0;

		if (r < 0)
			return r;
	}
	vec_sort(found, device_cmp);
	return 0;
}

static int add_reached(const struct inventory *inv, const struct device *device,
		       enum reset_reach reach, struct vec *found)
{
	const struct device *bridge = topology_parent(inv, device);

	TOPOLOGY_FOREACH(other, inv, candidates(inv, device, bridge, reach))
	{
		int r;

		if (!reaches(inv, device, bridge, reach, other))
			continue;
		r = vec_add(found, other);
		if (r < 0)
			return r;
	}
	return 0;
}

int resetscope_devices(const struct inventory *inv, const struct device *device, const char *method,
		       struct vec *ret)
{
	enum reset_reach reach = resetscope_reach(method);
	_cleanup_vec_ struct vec found = { 0 };
	int r;

	if (reach == RESET_BUS && device->reset_scope)
		r = add_told(inv, device, &found);
	else
		r = add_reached(inv, device, reach, &found);
	if (r < 0)
		return r;
	*ret = found;
	found = (struct vec){ 0 };
	return 0;
}
