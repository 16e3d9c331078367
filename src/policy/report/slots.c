/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "policy/devinfo/pcicap.h"
#include "policy/isolation/acs.h"
#include "policy/isolation/topology.h"
#include "policy/offline/grouping.h"
#include "policy/report/slots.h"

/* Registers of the PCI Express capability (include/uapi/linux/pci_regs.h). */
#define EXPRESS_FLAGS 0x02
#define FLAG_SLOT 0x100
#define EXPRESS_LINK_CAP 0x0c
#define EXPRESS_SLOT_CAP 0x14

static struct slot *slot_free(struct slot *slot)
{
	if (!slot)
		return NULL;
	free(slot->name);
	free(slot);
	return NULL;
}

static DEFINE_VEC_CLEAR(slot_clear_all, struct slot, slot_free)

void slots_clear(struct slots_advice *advice)
{
	free(advice->here.name);
	vec_drop(&advice->companions);
	slot_clear_all(&advice->slots);
	*advice = (struct slots_advice){ 0 };
}

/* --- one slot --- */

bool slots_port_has_slot(const struct device *port)
{
	int at = device_is_pci(port) ? pcicap_find(port, PCICAP_EXPRESS) : -1,
	    type = at > 0 ? pcicap_express_type(port) : -1;

	return (type == EXPRESS_ROOT_PORT || type == EXPRESS_DOWNSTREAM) &&
	       pcicap_u16(port, (size_t)at + EXPRESS_FLAGS) & FLAG_SLOT;
}

bool slots_port_is_empty(const struct inventory *inv, const struct device *port)
{
	TOPOLOGY_FOREACH(other, inv, topology_below(inv, port))
		if (topology_is_below(inv, other, port))
			return false;
	return true;
}

/*
 * Finds the name in inv->slots, whose lines are "0000:03:00 NAME": the slot below a port has the
 * address of the first device on its bus. Returns NULL if there is none.
 */
static const char *slot_find_name(const struct inventory *inv, const struct device *port)
{
	_cleanup_free_ char *prefix = NULL;
	struct pciaddr addr;
	uint8_t first, last;

	if (!pcicap_buses(port, &first, &last) || pciaddr_parse(port->address, &addr) < 0)
		return NULL;
	prefix = str_printf("%04x:%02x:00 ", addr.domain, first);
	STRV_FOREACH(line, inv->slots)
		if (prefix && str_starts(*line, prefix))
			return *line + strlen(prefix);
	return NULL;
}

/* Sets the name: that of the system, or else the number that the firmware gave to the port. */
static int slot_set_name(struct slot *slot, const struct inventory *inv)
{
	size_t at = (size_t)pcicap_find(slot->port, PCICAP_EXPRESS);
	unsigned number = pcicap_u32(slot->port, at + EXPRESS_SLOT_CAP) >> 19;
	const char *name = slot_find_name(inv, slot->port);

	if (name)
		return str_set(&slot->name, name);
	if (!number || at + EXPRESS_SLOT_CAP + 4 > slot->port->config_size)
		return 0;
	slot->name = str_printf("%u", number);
	return slot->name ? 0 : -ENOMEM;
}

/* Judges a card below the port: whether the kernel would join it with the port. */
static void slot_judge(struct slot *slot, const struct inventory *inv)
{
	const struct device *bridge = slot->port;

	slot->isolation = SLOT_ISOLATES;
	for (unsigned n = 0; bridge && n < TOPOLOGY_DEPTH_MAX; n++) {
		bool unknown = bridge->place_unknown ||
			       (acs_quirk(bridge) < 0 && acs_state(bridge) == ACS_UNKNOWN);

		if (unknown) {
			slot->isolation = SLOT_UNKNOWN;
		} else if (acs_bridge_aliases(bridge) || !acs_isolates(bridge)) {
			slot->isolation = SLOT_JOINS;
			slot->culprit = bridge;
			return;
		}
		bridge = topology_parent(inv, bridge);
	}
}

static int slot_fill(struct slot *slot, const struct inventory *inv, const struct device *port)
{
	size_t at = (size_t)pcicap_find(port, PCICAP_EXPRESS);

	*slot = (struct slot){ .port = port };
	slot->is_empty = slots_port_is_empty(inv, port);
	slot->width = pcicap_u32(port, at + EXPRESS_LINK_CAP) >> 4 & 0x3f;
	slot_judge(slot, inv);
	return slot_set_name(slot, inv);
}

/* --- all slots --- */

/* Adds the slots that a card could go to: not its own, and none on the card itself. */
static int slots_add_others(const struct inventory *inv, const struct device *here,
			    struct vec *slots)
{
	VEC_FOREACH(const struct device, port, &inv->devices) {
		struct slot *slot;

		if (port == here || !slots_port_has_slot(port) ||
		    topology_is_below(inv, port, here))
			continue;
		slot = calloc(1, sizeof(*slot));
		if (!slot || vec_add(slots, slot) < 0) {
			slot_free(slot);
			return -ENOMEM;
		}
		if (slot_fill(slot, inv, port) < 0)
			return -ENOMEM;
	}
	return 0;
}

/*
 * Finds the devices of the card that would share a group with @device, if all ports from @port up
 * isolated.
 */
static int slots_find_companions(const struct inventory *inv, const struct device *device,
				 const struct device *port, struct vec *ret)
{
	_cleanup_free_ int *numbers = NULL;
	int number, r = grouping_derive_below(inv, port, &numbers);

	if (r < 0)
		return r;
	number = numbers[inventory_index(inv, device)];
	for (size_t i = 0; i < inv->devices.n; i++)
		if (numbers[i] == number && inv->devices.items[i] != device &&
		    vec_add(ret, inv->devices.items[i]) < 0)
			return -ENOMEM;
	return 0;
}

/* --- questions about one host --- */

struct slots_finder slots_finder_of(const struct inventory *inv)
{
	return (struct slots_finder){ .inv = inv, .group = IOMMU_GROUP_NONE };
}

void slots_finder_clear(struct slots_finder *finder)
{
	free(finder->expected);
	finder->expected = NULL;
}

/* Returns whether the PCI devices of @group are those that the rules known here group. */
static bool slots_finder_expects(const struct slots_finder *finder, const struct iommu_group *group)
{
	const struct inventory *inv = finder->inv;
	int number = -1;
	size_t n = 0;

	VEC_FOREACH(const struct device, device, &group->devices) {
		int own;

		if (!device_is_pci(device))
			continue;
		own = finder->expected[inventory_index(inv, device)];
		if (own < 0 || (number >= 0 && own != number))
			return false;
		number = own;
		n++;
	}
	for (size_t i = 0; i < inv->devices.n; i++)
		n -= finder->expected[i] == number;
	return n == 0;
}

/* Finds whether the rules known here make @group. */
static int slots_finder_predict(struct slots_finder *finder, const struct iommu_group *group)
{
	unsigned rules = kernel_rules_of_release(finder->inv->kernel_release);

	if (finder->group == (int)group->id)
		return 0;
	finder->group = (int)group->id;
	finder->predicted = finder->inv->groups_derived;
	if (finder->predicted)
		return 0;
	if (!finder->expected && grouping_derive_by(finder->inv, rules, &finder->expected) < 0)
		return -ENOMEM;
	finder->predicted = slots_finder_expects(finder, group);
	return 0;
}

/* Returns the port right above the card of @device: the nearest that has a slot, or NULL. */
static const struct device *slots_find_port(const struct inventory *inv,
					    const struct device *device, bool *ret_known)
{
	const struct device *port = device;

	*ret_known = !device->place_unknown;
	for (unsigned n = 0; n < TOPOLOGY_DEPTH_MAX; n++) {
		port = topology_parent(inv, port);
		if (!port || slots_port_has_slot(port))
			return port;
		*ret_known &= !port->place_unknown && pcicap_find(port, PCICAP_EXPRESS) >= 0;
	}
	return NULL;
}

/* Judges @device before its slot is known: SLOTS_COMPARED if its slot is of interest. */
static int slots_judge(struct slots_finder *finder, const struct device *device,
		       enum slots_verdict *ret)
{
	const struct iommu_group *group = inventory_find_group(finder->inv, device->iommu_group);
	int r;

	*ret = SLOTS_NOT_NEEDED;
	if (!group || group->devices.n < 2 || !device_is_pci(device) || device_is_bridge(device))
		return 0;
	r = slots_finder_predict(finder, group);
	if (r < 0)
		return r;
	*ret = finder->predicted && !device->group_unsure ? SLOTS_COMPARED : SLOTS_UNKNOWN;
	return 0;
}

/* Compares the slot below @port with all others. */
static int slots_compare(const struct inventory *inv, const struct device *device,
			 const struct device *port, struct slots_advice *ret)
{
	int r = slot_fill(&ret->here, inv, port);

	if (r < 0)
		return r;
	r = slots_find_companions(inv, device, port, &ret->companions);
	if (r < 0)
		return r;
	return slots_add_others(inv, port, &ret->slots);
}

int slots_find(struct slots_finder *finder, const struct device *device, struct slots_advice *ret)
{
	const struct inventory *inv = finder->inv;
	const struct device *pf = device->physfn ? inventory_find(inv, device->physfn) : device,
			    *port;
	bool known;
	int r;

	*ret = (struct slots_advice){ 0 };
	r = slots_judge(finder, device, &ret->verdict);
	if (r < 0 || ret->verdict != SLOTS_COMPARED)
		return r;
	port = slots_find_port(inv, pf ? pf : device, &known);
	if (!port) {
		ret->verdict = !known				      ? SLOTS_UNKNOWN :
			       topology_parent(inv, pf ? pf : device) ? SLOTS_NO_SLOT :
									SLOTS_BUILT_IN;
		return 0;
	}
	if (port == finder->port && device->iommu_group == finder->first->iommu_group) {
		ret->verdict = SLOTS_AS_BEFORE;
		ret->like = finder->first;
		return 0;
	}
	finder->port = port;
	finder->first = device;
	return slots_compare(inv, device, port, ret);
}
