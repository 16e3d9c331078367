/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Derives from configuration space and topology which device ties another to its IOMMU group. Group
 * numbers come from the kernel; this file never changes them.
 */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "policy/devinfo/pcicap.h"
#include "policy/isolation/acs.h"
#include "policy/isolation/isolation-alias.h"
#include "policy/isolation/isolation.h"
#include "policy/isolation/topology.h"
#include "policy/offline/grouping.h"

static void isolation_cause_free(struct isolation_cause *cause)
{
	if (!cause)
		return;
	free(cause->peer);
	free(cause);
}

DEFINE_CLEANUP(struct isolation_cause *, isolation_cause_freep, isolation_cause_free)

DEFINE_VEC_CLEAR(isolation_clear, struct isolation_cause, isolation_cause_free)

/* Adds a cause, unless it is in the list already. */
static int isolation_add(struct vec *causes, enum isolation_code code, const char *peer)
{
	_cleanup_(isolation_cause_freep) struct isolation_cause *cause = NULL;
	int r;

	VEC_FOREACH(const struct isolation_cause, known, causes)
		if (known->code == code && str_eq(known->peer, peer))
			return 0;
	cause = calloc(1, sizeof(*cause));
	if (!cause)
		return -ENOMEM;
	cause->code = code;
	r = str_set(&cause->peer, peer);
	if (r < 0)
		return r;
	r = vec_add(causes, cause);
	if (r < 0)
		return r;
	cause = NULL;
	return 0;
}

static bool isolation_same_group(const struct device *a, const struct device *b)
{
	return a->iommu_group >= 0 && a->iommu_group == b->iommu_group;
}

/* --- causes in configuration space --- */

static bool isolation_acs_isolates(const struct device *device)
{
	return acs_state_isolates(acs_state(device));
}

/* Sets *ret to the reason why @bridge does not isolate; false if it does. */
static bool isolation_bridge_fault(const struct device *bridge, enum isolation_code *ret)
{
	enum acs_state state = acs_state(bridge);

	if (acs_bridge_aliases(bridge))
		*ret = ISOLATION_CONVENTIONAL_BRIDGE;
	else if (state == ACS_MISSING || state == ACS_CONVENTIONAL)
		*ret = ISOLATION_ACS_MISSING;
	else if (state == ACS_OFF)
		*ret = ISOLATION_ACS_NOT_ENABLED;
	else if (state == ACS_UNKNOWN)
		*ret = ISOLATION_UNKNOWN;
	else
		return false;
	return true;
}

/*
 * Returns whether the function could isolate, and does not. The kernel turns ACS on when it finds a
 * device, so another program has turned it off since.
 */
static bool isolation_is_cleared(const struct device *device)
{
	return acs_state(device) == ACS_OFF && acs_quirk(device) <= 0;
}

/*
 * Handles a cause between devices that the kernel separated. Sets *code to the reason, and returns
 * whether there is one. An unknown state needs no explanation, and no known quirk separates a
 * bridge or an alias.
 */
static bool isolation_explain_parted(const struct device *peer, enum isolation_code *code)
{
	bool acs = *code == ISOLATION_ACS_MISSING || *code == ISOLATION_ACS_NOT_ENABLED ||
		   *code == ISOLATION_MULTIFUNCTION;

	*code = isolation_is_cleared(peer) ? ISOLATION_ACS_CLEARED : ISOLATION_ACS_QUIRK;
	return acs;
}

/*
 * Adds the bridges above that do not isolate. Such a bridge ties the devices below it, unless the
 * kernel put the two sides into different groups: then it knows a quirk.
 */
static int isolation_add_above(const struct inventory *inv, const struct device *device,
			       struct vec *causes)
{
	const struct device *below = device, *bridge = topology_parent(inv, device);
	bool apart = bridge && !isolation_same_group(device, bridge);
	enum isolation_code code;
	int r;

	for (unsigned n = 0; bridge && n < TOPOLOGY_DEPTH_MAX; n++) {
		bool parted = apart || !isolation_same_group(below, bridge);

		if (bridge->iommu_group >= 0 && isolation_bridge_fault(bridge, &code) &&
		    (!parted || isolation_explain_parted(bridge, &code))) {
			r = isolation_add(causes, code, bridge->key);
			if (r < 0)
				return r;
		}
		below = bridge;
		bridge = topology_parent(inv, bridge);
	}
	return 0;
}

static bool isolation_has_child(const struct inventory *inv, const struct device *bridge,
				bool in_group)
{
	TOPOLOGY_FOREACH(other, inv, topology_below(inv, bridge))
		if (str_eq(other->parent, bridge->key) &&
		    (!in_group || isolation_same_group(other, bridge)))
			return true;
	return false;
}

static bool isolation_has_child_in_group(const struct inventory *inv, const struct device *bridge)
{
	return isolation_has_child(inv, bridge, true);
}

static int isolation_add_bridge_itself(const struct inventory *inv, const struct device *device,
				       struct vec *causes)
{
	enum isolation_code code;

	if (!device_is_bridge(device) || !isolation_bridge_fault(device, &code) ||
	    !isolation_has_child_in_group(inv, device))
		return 0;
	return isolation_add(causes, code, device->key);
}

/* Sets *ret to the cause that ties two functions of one device; false if there is none. */
static bool isolation_function_tie(const struct device *a, const struct device *b,
				   enum isolation_code *ret)
{
	if (a == b || b->physfn)
		return false;
	if (acs_is_alias(a, b) || acs_is_alias(b, a))
		*ret = ISOLATION_DMA_ALIAS;
	else if (isolation_acs_isolates(a) || isolation_acs_isolates(b))
		return false;
	else if (acs_state(a) == ACS_UNKNOWN || acs_state(b) == ACS_UNKNOWN)
		*ret = ISOLATION_UNKNOWN;
	else
		*ret = ISOLATION_MULTIFUNCTION;
	return true;
}

/*
 * The same for two functions of one device. One that isolates separates both, and a quirk may say
 * that it does. *peer is the other function; @device itself if that one is to be named.
 */
static bool isolation_explain_functions(const struct device *device, const struct device **peer,
					enum isolation_code *code)
{
	bool quirk = acs_quirk(device) > 0 || acs_quirk(*peer) > 0;

	if (!quirk && !isolation_is_cleared(*peer) && isolation_is_cleared(device))
		*peer = device;
	if (!isolation_explain_parted(*peer, code))
		return false;
	if (quirk)
		*code = ISOLATION_ACS_QUIRK;
	return true;
}

static int isolation_add_functions(const struct inventory *inv, const struct device *device,
				   struct vec *causes)
{
	enum isolation_code code;
	int r;

	TOPOLOGY_FOREACH(other, inv, topology_slot(inv, device)) {
		const struct device *peer = other;

		if (other->iommu_group < 0 || !isolation_function_tie(device, other, &code))
			continue;
		if (!isolation_same_group(device, other) &&
		    !isolation_explain_functions(device, &peer, &code))
			continue;
		r = isolation_add(causes, code, peer->key);
		if (r < 0)
			return r;
	}
	return 0;
}

static int isolation_add_aliases(const struct inventory *inv, const struct device *device,
				 struct vec *causes)
{
	_cleanup_vec_ struct vec aliases = { 0 };
	int r = isolation_alias_find(inv, device, &aliases);

	if (r < 0)
		return r;
	VEC_FOREACH(const struct device, other, &aliases) {
		if (!isolation_same_group(device, other))
			continue;
		r = isolation_add(causes, ISOLATION_DMA_ALIAS, other->key);
		if (r < 0)
			return r;
	}
	return 0;
}

static int isolation_add_unknown_place(const struct inventory *inv, const struct device *device,
				       struct vec *causes)
{
	if (!device->place_unknown)
		return 0;
	return isolation_add(causes, ISOLATION_UNKNOWN, "");
}

/* --- members without a cause --- */

/*
 * Returns whether a bridge above @device has a fault and the bridge right above it is in the same
 * group.
 */
static bool isolation_is_tied_above(const struct inventory *inv, const struct device *device,
				    const struct device *above)
{
	enum isolation_code code;

	if (!above || !isolation_same_group(device, above))
		return false;
	for (const struct device *bridge = above; bridge; bridge = topology_parent(inv, bridge)) {
		if (isolation_bridge_fault(bridge, &code))
			return true;
		if (device_cmp(bridge, device) >= 0) /* possible only in a forged snapshot */
			return false;
	}
	return false;
}

/* Returns a member of lower address that shares a DMA address with @device, or NULL. */
static const struct device *isolation_next_alias(const struct inventory *inv,
						 const struct device *device)
{
	if (device->dma_owner)
		return inventory_find(inv, device->dma_owner);
	TOPOLOGY_FOREACH(other, inv, topology_bus(inv, device))
		if (isolation_alias_ties(device, other) && device_cmp(other, device) < 0 &&
		    isolation_same_group(device, other))
			return other;
	return NULL;
}

/*
 * Returns a member of lower address that a cause ties to @device, or NULL if @device is the first
 * of its tied members.
 */
static const struct device *isolation_next_tied(const struct inventory *inv,
						const struct device *device)
{
	const struct device *above = topology_parent(inv, device);
	enum isolation_code code;

	if (isolation_is_tied_above(inv, device, above))
		return above;
	TOPOLOGY_FOREACH(other, inv, topology_slot(inv, device))
		if (device_cmp(other, device) < 0 && isolation_same_group(device, other) &&
		    isolation_function_tie(device, other, &code))
			return other;
	return isolation_next_alias(inv, device);
}

static const struct device *isolation_first_tied(const struct inventory *inv,
						 const struct device *device)
{
	const struct device *next;

	while ((next = isolation_next_tied(inv, device)) && device_cmp(next, device) < 0)
		device = next;
	return device;
}

/*
 * Returns a member that no cause ties to @device, or NULL. It is the first member of the group
 * unless @device is tied to that one.
 */
static const struct device *isolation_find_untied(const struct inventory *inv,
						  const struct iommu_group *group,
						  const struct device *device)
{
	const struct device *first = group->devices.items[0],
			    *own = isolation_first_tied(inv, device);

	if (own != isolation_first_tied(inv, first))
		return first;
	if (device != first)
		return NULL;
	VEC_FOREACH(const struct device, other, &group->devices)
		if (isolation_first_tied(inv, other) != own)
			return other;
	return NULL;
}

static int isolation_add_unexplained(const struct inventory *inv, const struct device *device,
				     struct vec *causes)
{
	const struct iommu_group *group = inventory_find_group(inv, device->iommu_group);
	const struct device *peer;

	if (!group || group->devices.n < 2)
		return 0;
	peer = isolation_find_untied(inv, group, device);
	if (!peer)
		return 0;
	/* powerpc names its partitionable endpoints: "domain0-pe1" */
	if (group->name && strstr(group->name, "-pe"))
		return isolation_add(causes, ISOLATION_PLATFORM_PE, peer->key);
	return isolation_add(causes, ISOLATION_UNKNOWN, peer->key);
}

/* --- requests between groups --- */

static bool isolation_is_downstream(const struct device *device)
{
	return pcicap_express_type(device) == EXPRESS_DOWNSTREAM;
}

static int isolation_add_endpoints_below(const struct inventory *inv, const struct device *device,
					 const struct device *port, struct vec *causes)
{
	TOPOLOGY_FOREACH(other, inv, topology_below(inv, port)) {
		int r;

		if (device_is_bridge(other) || isolation_same_group(device, other) ||
		    !topology_is_below(inv, other, port))
			continue;
		r = isolation_add(causes, ISOLATION_PEER_TO_PEER, other->key);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Returns whether @port passes requests between devices by itself. If its ACS cannot be read, the
 * groups of the kernel decide. A port without ACS whose children are in other groups has a quirk of
 * the kernel.
 */
static bool isolation_port_lets_pass(const struct inventory *inv, const struct device *port)
{
	if (acs_quirk(port) < 0 && acs_state(port) == ACS_UNKNOWN)
		return isolation_has_child_in_group(inv, port);
	if (isolation_is_cleared(port))
		return true;
	return !acs_isolates(port) &&
	       (!isolation_has_child(inv, port, false) || isolation_has_child_in_group(inv, port));
}

/* Adds the endpoints below the other downstream ports of the switch of @port. */
static int isolation_add_peers_of_port(const struct inventory *inv, const struct device *device,
				       const struct device *port, struct vec *causes)
{
	const struct device *upstream = topology_parent(inv, port);

	if (!isolation_is_downstream(port) || !upstream)
		return 0;
	TOPOLOGY_FOREACH(other, inv, topology_below(inv, upstream)) {
		int r;

		if (other == port || !str_eq(other->parent, upstream->key) ||
		    !isolation_is_downstream(other))
			continue;
		if (!isolation_port_lets_pass(inv, port) && !isolation_port_lets_pass(inv, other))
			continue;
		r = isolation_add_endpoints_below(inv, device, other, causes);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Adds the devices that a switch lets @device reach. A downstream port without ACS passes requests
 * to another port by itself. For the kernel each port is a device of one function, and it never
 * compares two ports.
 */
static int isolation_add_peers(const struct inventory *inv, const struct device *device,
			       struct vec *causes)
{
	const struct device *port = topology_parent(inv, device);

	if (device_is_bridge(device) || device->iommu_group < 0)
		return 0;
	for (unsigned n = 0; port && n < TOPOLOGY_DEPTH_MAX; n++) {
		int r = isolation_add_peers_of_port(inv, device, port, causes);

		if (r < 0)
			return r;
		port = topology_parent(inv, port);
	}
	return 0;
}

/* --- all causes --- */

/*
 * Parses lines such as "acs-missing 0000:07:00.0". A newer module may know more codes; they are
 * skipped.
 */
static int isolation_add_from_module(const struct device *device, struct vec *causes)
{
	STRV_FOREACH(line, device->isolation) {
		_cleanup_strv_ char **words = NULL;
		enum isolation_code code;
		int r = strv_split(*line, " ", &words);

		if (r < 0)
			return r;
		if (!words || isolation_code_from_string(words[0], &code) < 0)
			continue;
		r = isolation_add(causes, code, str_or(words[1], ""));
		if (r < 0)
			return r;
	}
	return 0;
}

static int isolation_find_causes(const struct inventory *inv, const struct device *device,
				 struct vec *causes)
{
	static int (*const finders[])(const struct inventory *inv, const struct device *device,
				      struct vec *causes) = {
		isolation_add_above,   isolation_add_bridge_itself, isolation_add_functions,
		isolation_add_aliases, isolation_add_unknown_place, isolation_add_unexplained,
		isolation_add_peers,
	};

	if (device->iommu_group < 0)
		return 0;
	if (isolation_is_from_module(device))
		return isolation_add_from_module(device, causes);
	for (size_t i = 0; i < ARRAY_SIZE(finders); i++) {
		int r = finders[i](inv, device, causes);

		if (r < 0)
			return r;
	}
	return 0;
}

int isolation_find(const struct inventory *inv, const struct device *device, struct vec *ret)
{
	_cleanup_isolation_ struct vec causes = { 0 };
	int r = isolation_find_causes(inv, device, &causes);

	if (r < 0)
		return r;
	*ret = TAKE_STRUCT(causes);
	return 0;
}
