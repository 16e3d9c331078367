/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The report card on isolation: the causes that tie devices together, and what would separate them.
 */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "policy/devinfo/pcicap.h"
#include "policy/isolation/isolation.h"
#include "policy/report/advice.h"
#include "policy/report/report-private.h"

/* The kinds of advice on causes, by the place of the cure. */
enum tie {
	TIE_ROOT_PORT,	 /* a root port without ACS */
	TIE_SWITCH_PORT, /* a switch port without ACS */
	TIE_NOT_ENABLED,
	TIE_PORTS,     /* functions of one device that are ports */
	TIE_FUNCTIONS, /* other functions of one device */
	TIE_CONVENTIONAL,
	TIE_ALIAS,
	TIE_PEERS,
	TIE_PLATFORM,
	TIES,
};

struct tie_group {
	struct vec devices; /* struct device, not owned: endpoints that the cause ties to others */
	struct vec peers;   /* the devices that cause it; sorted */
};

static void report_isolation_clear(struct tie_group (*tie_groups)[TIES])
{
	for (size_t i = 0; i < TIES; i++) {
		vec_drop(&(*tie_groups)[i].devices);
		vec_drop(&(*tie_groups)[i].peers);
	}
}

static int report_isolation_tie(const struct isolation_cause *cause, const struct device *peer)
{
	switch (cause->code) {
	case ISOLATION_ACS_MISSING:
		return peer && pcicap_express_type(peer) == EXPRESS_ROOT_PORT ? TIE_ROOT_PORT :
										TIE_SWITCH_PORT;
	case ISOLATION_ACS_NOT_ENABLED:
		return TIE_NOT_ENABLED;
	case ISOLATION_MULTIFUNCTION:
		return peer && device_is_bridge(peer) ? TIE_PORTS : TIE_FUNCTIONS;
	case ISOLATION_CONVENTIONAL_BRIDGE:
		return TIE_CONVENTIONAL;
	case ISOLATION_DMA_ALIAS:
		return TIE_ALIAS;
	case ISOLATION_PEER_TO_PEER:
		return TIE_PEERS;
	case ISOLATION_PLATFORM_PE:
		return TIE_PLATFORM;
	default:
		return -1;
	}
}

/* Notes that @device, the one that was noted last or a later one, is tied by @peer, or by itself.
 */
static int report_isolation_note(struct tie_group *tie_group, struct device *device,
				 struct device *peer)
{
	const struct vec *devices = &tie_group->devices;
	size_t at;

	if (devices->n == 0 || devices->items[devices->n - 1] != device) {
		int r = vec_add(&tie_group->devices, device);

		if (r < 0)
			return r;
	}
	if (!peer || vec_find_sorted(&tie_group->peers, peer, device_cmp, &at) >= 0)
		return 0;
	return vec_insert(&tie_group->peers, at, peer);
}

static int report_isolation_collect(const struct inventory *inv, struct device *device,
				    struct tie_group *tie_groups)
{
	_cleanup_isolation_ struct vec causes = { 0 };
	int r = isolation_find(inv, device, &causes);

	if (r < 0)
		return r;
	VEC_FOREACH(const struct isolation_cause, cause, &causes) {
		struct device *peer = *cause->peer ? inventory_find(inv, cause->peer) : NULL;
		int tie = report_isolation_tie(cause, peer);

		if (tie < 0)
			continue;
		r = report_isolation_note(&tie_groups[tie], device, peer);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- advice --- */

static const struct {
	struct report_advice kind;
	const char *text; /* one %s for the peers */
	bool with_slots;
} ties[TIES] = {
	[TIE_ROOT_PORT] = { { .place = REPORT_SLOT, .code = "root-port-without-acs" },
			    "The root ports %s have no ACS, and no setting adds it: all devices "
			    "below them are in one IOMMU group. Use slots of other root ports, on "
			    "the processor rather than the chipset. ",
			    true },
	[TIE_SWITCH_PORT] = { { .place = REPORT_HARDWARE, .code = "switch-without-acs" },
			      "The switch ports %s have no ACS: devices below a port share its "
			      "group, and the ports reach each other. Use a slot that is not "
			      "behind that switch, or a card whose switch has ACS. ",
			      true },
	[TIE_NOT_ENABLED] = { { .place = REPORT_FIRMWARE, .code = "acs-not-enabled" },
			      "%s could isolate, but ACS is off. Turn it on in the firmware setup "
			      "(\"PCIe ACS support\"), or boot with pci=config_acs= (Linux 6.12 or "
			      "later). If the IOMMU is on from the start, the kernel turns ACS on "
			      "by itself." },
	[TIE_PORTS] = { { .place = REPORT_SLOT, .code = "multifunction-ports" },
			"The ports %s are functions of one device without ACS between them: all "
			"devices below them move together. Use slots of other ports. ",
			true },
	[TIE_FUNCTIONS] = { { .place = REPORT_HARDWARE, .code = "multifunction-device" },
			    "The functions %s belong to devices that do not isolate their "
			    "functions in any slot: assign the functions of one device to one "
			    "user. Cards with ACS between functions, or with SR-IOV, can be "
			    "shared." },
	[TIE_CONVENTIONAL] = { { .place = REPORT_HARDWARE, .code = "conventional-pci" },
			       "Devices behind the bridges %s are conventional PCI, where requests "
			       "do not name their sender: they move together in every slot. PCI "
			       "Express cards in their place can be alone." },
	[TIE_ALIAS] = { { .place = REPORT_HARDWARE, .code = "dma-alias" },
			"The devices %s use the DMA address of another device, so the IOMMU cannot "
			"tell them apart: assign them to one user together." },
	[TIE_PEERS] = { { .place = REPORT_SLOT, .code = "peer-to-peer" },
			"The kernel separates %s from their neighbours, but the switch between "
			"them does not: they reach each other past the IOMMU. Assign them to one "
			"user, or put them below different root ports. ",
			true },
	[TIE_PLATFORM] = { { .place = REPORT_SLOT, .code = "platform-pe" },
			   "The firmware of the platform makes one group (a partitionable "
			   "endpoint) of %s. Use slots of other host bridges; in a guest, have the "
			   "hypervisor give each device its own host bridge." },
};

/* Returns @format with @list in place of its one %s; the caller frees it. */
static char *report_isolation_fill_in(const char *format, const char *list)
{
	const char *place = strstr(format, "%s");

	return str_printf("%.*s%s%s", (int)(place - format), format, list, place + 2);
}

static unsigned report_isolation_weight(enum tie tie)
{
	if (tie == TIE_PEERS)
		return WEIGHT_UNSAFE;
	if (ties[tie].kind.place == REPORT_HARDWARE && !ties[tie].with_slots)
		return WEIGHT_OTHER_CARD;
	return WEIGHT_GROUPS;
}

/* Returns the keys of @devices; the caller frees it. NULL when out of memory. */
static char **report_isolation_list_keys(const struct vec *devices)
{
	_cleanup_strv_builder_ struct strv_builder keys = { 0 };

	VEC_FOREACH(const struct device, device, devices)
		if (strv_builder_add(&keys, device->key) < 0)
			return NULL;
	return strv_builder_take(&keys);
}

static int report_isolation_add(const struct inventory *inv, enum tie tie,
				const struct tie_group *tie_group, struct report_card *card)
{
	struct report_advice kind = ties[tie].kind;
	/* a cause without a peer is about the devices themselves */
	const struct vec *causes = tie_group->peers.n > 0 ? &tie_group->peers : &tie_group->devices;
	_cleanup_strv_ char **devices = report_isolation_list_keys(&tie_group->devices),
			    **names = report_isolation_list_keys(causes);
	_cleanup_free_ char *peers = NULL, *text = NULL, *slots = NULL;

	if (!devices || !names)
		return -ENOMEM;
	peers = report_part_list(names);
	if (!peers)
		return -ENOMEM;
	kind.weight = report_isolation_weight(tie);
	text = report_isolation_fill_in(ties[tie].text, peers);
	slots = ties[tie].with_slots ? advice_slots(inv) : strdup("");
	if (!text || !slots)
		return -ENOMEM;
	return report_part_add(card, &kind, &devices, str_printf("%s%s", text, slots));
}

int report_isolation(const struct inventory *inv, struct report_card *card)
{
	_cleanup_(report_isolation_clear) struct tie_group tie_groups[TIES] = { 0 };
	int r;

	VEC_FOREACH(struct device, device, &inv->devices) {
		if (!report_part_is_endpoint(device) || device->iommu_group < 0)
			continue;
		r = report_isolation_collect(inv, device, tie_groups);
		if (r < 0)
			return r;
	}
	for (enum tie tie = 0; tie < TIES; tie++) {
		if (tie_groups[tie].devices.n == 0)
			continue;
		r = report_isolation_add(inv, tie, &tie_groups[tie], card);
		if (r < 0)
			return r;
	}
	return 0;
}
