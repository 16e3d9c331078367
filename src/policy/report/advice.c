/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Collects the causes that tie devices together and gives one piece of advice for each kind. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "policy/devinfo/pcicap.h"
#include "policy/isolation/acs.h"
#include "policy/isolation/isolation.h"
#include "policy/isolation/topology.h"
#include "policy/offline/grouping.h"
#include "policy/report/advice.h"
#include "policy/report/slots.h"

#define SLOTS_SHOWN 4

/* The causes of the devices: their peers, by code. */
struct findings {
	char **peers[ISOLATION_CODES];
	bool is_card[ISOLATION_CODES]; /* at least one device with this cause is no bridge */
};

static void advice_findings_clear(struct findings *findings)
{
	for (size_t i = 0; i < ISOLATION_CODES; i++)
		strv_free(findings->peers[i]);
}

static int advice_note_cause(struct findings *findings, const struct device *device,
			     const struct isolation_cause *cause)
{
	char ***peers = &findings->peers[cause->code];

	if (!device_is_bridge(device))
		findings->is_card[cause->code] = true;
	if (strv_contains(*peers, cause->peer))
		return 0;
	return strv_add(peers, cause->peer);
}

static int advice_collect_device(const struct inventory *inv, const struct device *device,
				 struct findings *findings)
{
	_cleanup_isolation_ struct vec causes = { 0 };
	int r = isolation_find(inv, device, &causes);

	if (r < 0)
		return r;
	VEC_FOREACH(const struct isolation_cause, cause, &causes) {
		r = advice_note_cause(findings, device, cause);
		if (r < 0)
			return r;
	}
	return 0;
}

static int advice_collect(const struct inventory *inv, const struct vec *devices,
			  struct findings *findings)
{
	VEC_FOREACH(const struct device, device, devices) {
		int r = advice_collect_device(inv, device, findings);

		if (r < 0)
			return r;
	}
	return 0;
}

/* --- slots that isolate --- */

/* Appends the keys of ports with a slot that isolates: empty slots, or all. */
static int advice_find_slots(const struct inventory *inv, bool empty, char ***ret)
{
	VEC_FOREACH(const struct device, port, &inv->devices) {
		int r;

		if (strv_length(*ret) == SLOTS_SHOWN || !device_is_pci(port) ||
		    !slots_port_has_slot(port) || grouping_joins_above(inv, port) ||
		    (empty && !slots_port_is_empty(inv, port)))
			continue;
		r = strv_add(ret, port->key);
		if (r < 0)
			return r;
	}
	return 0;
}

char *advice_slots(const struct inventory *inv)
{
	_cleanup_strv_ char **free_slots = NULL, **slots = NULL;
	_cleanup_free_ char *list = NULL;

	if (advice_find_slots(inv, true, &free_slots) < 0 ||
	    advice_find_slots(inv, false, &slots) < 0)
		return NULL;
	if (!slots)
		return strdup("No slot of this host isolates its card.");
	list = strv_join(free_slots ? free_slots : slots, ", ");
	if (!list)
		return NULL;
	if (free_slots)
		return str_printf("Free slots that isolate are below %s.", list);
	return str_printf("Slots that isolate are below %s; none of them is free.", list);
}

/* --- advice by cause --- */

static int advice_add(char ***list, char *text)
{
	_cleanup_free_ char *owned = text;

	if (!owned)
		return -ENOMEM;
	return strv_add(list, owned);
}

static int advice_add_slots(const struct inventory *inv, const struct findings *findings,
			    char ***list)
{
	enum isolation_code code = ISOLATION_ACS_MISSING;
	_cleanup_free_ char *slots = NULL, *ports = NULL;

	if (!findings->peers[code] || !findings->is_card[code])
		return 0;
	slots = advice_slots(inv);
	ports = strv_join(findings->peers[code], ", ");
	if (!slots || !ports)
		return -ENOMEM;
	return advice_add(list, str_printf("Put the card in a slot that is not below %s: no "
					   "setting adds access control (ACS) to a port. %s",
					   ports, slots));
}

static int advice_add_settings(const struct inventory *inv, const struct findings *findings,
			       char ***list)
{
	char **off = findings->peers[ISOLATION_ACS_NOT_ENABLED];
	_cleanup_free_ char *ports = NULL;

	if (!off)
		return 0;
	ports = strv_join(off, ", ");
	if (!ports)
		return -ENOMEM;
	return advice_add(
		list,
		str_printf("Turn on the access control (ACS) of %s, in the firmware setup or with "
			   "pci=config_acs= on the kernel command line (Linux 6.12 or later).",
			   ports));
}

static int advice_add_functions(const struct inventory *inv, const struct findings *findings,
				char ***list)
{
	enum isolation_code code = ISOLATION_MULTIFUNCTION;

	if (!findings->peers[code])
		return 0;
	if (findings->is_card[code])
		return advice_add(list, strdup("Functions of one device stay together in every "
					       "slot: claim them together."));
	return advice_add(list, strdup("These ports are functions of one device: all devices below "
				       "them move together. Use slots of other ports."));
}

static int advice_add_conventional(const struct inventory *inv, const struct findings *findings,
				   char ***list)
{
	char **bridges = findings->peers[ISOLATION_CONVENTIONAL_BRIDGE];
	_cleanup_free_ char *text = NULL;

	if (!bridges)
		return 0;
	text = strv_join(bridges, ", ");
	if (!text)
		return -ENOMEM;
	return advice_add(list, str_printf("Conventional PCI devices behind %s move together in "
					   "every slot. A PCI Express card instead can be alone.",
					   text));
}

static int advice_add_peers(const struct inventory *inv, const struct findings *findings,
			    char ***list)
{
	char **others = findings->peers[ISOLATION_PEER_TO_PEER];
	_cleanup_free_ char *text = NULL;

	if (!others)
		return 0;
	text = strv_join(others, ", ");
	if (!text)
		return -ENOMEM;
	return advice_add(list, str_printf("Do not assign it to another user than %s, or put one "
					   "of them below another root port.",
					   text));
}

static int advice_add_no_iommu(const struct inventory *inv, const struct findings *findings,
			       char ***list)
{
	if (inv->iommu_groups.n > 0 && !inv->iommu_off)
		return 0;
	return advice_add(list, str_printf("The kernel %s no IOMMU: turn it on in the firmware "
					   "setup (VT-d, AMD-Vi, SMMU). On Intel, boot with "
					   "intel_iommu=on too.",
					   inv->iommu_off ? "had" : "has"));
}

int advice_find(const struct inventory *inv, const struct vec *devices, char ***ret)
{
	static int (*const adders[])(const struct inventory *inv, const struct findings *findings,
				     char ***list) = {
		advice_add_no_iommu,  advice_add_slots,	       advice_add_settings,
		advice_add_functions, advice_add_conventional, advice_add_peers,
	};
	_cleanup_(advice_findings_clear) struct findings findings = { 0 };
	_cleanup_strv_ char **list = NULL;
	int r = advice_collect(inv, devices, &findings);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(adders); i++) {
		r = adders[i](inv, &findings, &list);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(list);
	return 0;
}
