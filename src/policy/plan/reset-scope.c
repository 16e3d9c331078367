/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Computes the scope of a reset from the topology, or takes it from the kernel module. */

#include <errno.h>

#include "base/str.h"
#include "base/strv.h"
#include "policy/isolation/topology.h"
#include "policy/plan/reset-scope.h"

static const struct {
	const char *method;
	enum reset_scope_reach reach;
} reset_scope_methods[] = {
	/* drivers/pci/pci.c, pci_reset_fn_methods[] */
	{ "flr", RESET_SCOPE_FUNCTION }, { "af_flr", RESET_SCOPE_FUNCTION },
	{ "pm", RESET_SCOPE_FUNCTION },	 { "bus", RESET_SCOPE_BUS },
	{ "cxl_bus", RESET_SCOPE_BUS },	 { "slot", RESET_SCOPE_SLOT },
};

enum reset_scope_reach reset_scope_of_method(const char *method)
{
	for (size_t i = 0; i < ARRAY_SIZE(reset_scope_methods); i++)
		if (str_eq(reset_scope_methods[i].method, method))
			return reset_scope_methods[i].reach;
	return RESET_SCOPE_PLATFORM;
}

const char *reset_scope_reach_to_string(enum reset_scope_reach reach)
{
	static const char *const names[] = {
		[RESET_SCOPE_FUNCTION] = "function",
		[RESET_SCOPE_BUS] = "bus",
		[RESET_SCOPE_SLOT] = "slot",
		[RESET_SCOPE_PLATFORM] = "platform",
	};

	return names[reach];
}

static bool reset_scope_same_slot(const struct device *a, const struct device *b)
{
	struct pciaddr x, y;

	return str_eq(a->parent, b->parent) && pciaddr_parse(a->address, &x) >= 0 &&
	       pciaddr_parse(b->address, &y) >= 0 && pciaddr_same_slot(&x, &y);
}

/* Returns the PF of a VF, which decides its slot, or @device itself. */
static const struct device *reset_scope_owner(const struct inventory *inv,
					      const struct device *device)
{
	const struct device *pf = device->physfn ? inventory_find(inv, device->physfn) : NULL;

	return pf ? pf : device;
}

static bool reset_scope_slot_reaches(const struct inventory *inv, const struct device *device,
				     const struct device *other)
{
	const struct device *top = reset_scope_owner(inv, other);

	for (unsigned depth = 0; top && depth < TOPOLOGY_DEPTH_MAX; depth++) {
		if (reset_scope_same_slot(device, top))
			return true;
		top = topology_parent(inv, top);
	}
	return false;
}

static bool reset_scope_reaches(const struct inventory *inv, const struct device *device,
				const struct device *bridge, enum reset_scope_reach reach,
				const struct device *other)
{
	if (other == device)
		return true;
	if (!device_is_pci(other))
		return false;
	switch (reach) {
	case RESET_SCOPE_FUNCTION:
		return str_eq(other->physfn, device->key);
	case RESET_SCOPE_BUS:
		return bridge && topology_is_below(inv, other, bridge);
	case RESET_SCOPE_SLOT:
		return reset_scope_slot_reaches(inv, reset_scope_owner(inv, device), other);
	case RESET_SCOPE_PLATFORM:
		break;
	}
	return false;
}

/* Returns the range of devices to search. The VFs of a PF are behind the same bridge too. */
static struct topology_range reset_scope_candidates(const struct inventory *inv,
						    const struct device *device,
						    const struct device *bridge,
						    enum reset_scope_reach reach)
{
	size_t at;

	if (reach == RESET_SCOPE_SLOT || (reach == RESET_SCOPE_BUS && bridge) ||
	    (reach == RESET_SCOPE_FUNCTION && device->num_vfs > 0))
		return topology_below(inv, bridge);
	at = inventory_index(inv, device);
	return (struct topology_range){ at, at + 1 };
}

/*
 * Adds the scope that the kernel module reports. A device that has left the inventory is skipped.
 */
static int reset_scope_add_from_module(const struct inventory *inv, const struct device *device,
				       struct vec *scope)
{
	STRV_FOREACH(address, device->reset_scope) {
		struct device *other = inventory_find(inv, *address);
		int r;

		if (!other)
			continue;
		r = vec_add(scope, other);
		if (r < 0)
			return r;
	}
	vec_sort(scope, device_cmp);
	return 0;
}

static int reset_scope_add_reached(const struct inventory *inv, const struct device *device,
				   enum reset_scope_reach reach, struct vec *scope)
{
	const struct device *bridge = topology_parent(inv, device);

	TOPOLOGY_FOREACH(other, inv, reset_scope_candidates(inv, device, bridge, reach)) {
		int r;

		if (!reset_scope_reaches(inv, device, bridge, reach, other))
			continue;
		r = vec_add(scope, other);
		if (r < 0)
			return r;
	}
	return 0;
}

int reset_scope_devices(const struct inventory *inv, const struct device *device,
			const char *method, struct vec *ret)
{
	enum reset_scope_reach reach = reset_scope_of_method(method);
	_cleanup_vec_ struct vec scope = { 0 };
	int r;

	if (reach == RESET_SCOPE_BUS && device->reset_scope)
		r = reset_scope_add_from_module(inv, device, &scope);
	else
		r = reset_scope_add_reached(inv, device, reach, &scope);
	if (r < 0)
		return r;
	*ret = TAKE_STRUCT(scope);
	return 0;
}

bool reset_scope_is_own_vf(const struct device *device, const struct device *other)
{
	return str_eq(other->physfn, device->key);
}
