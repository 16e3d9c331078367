/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "policy/devinfo/pcicap.h"
#include "policy/isolation/acs.h"
#include "policy/isolation/isolation.h"
#include "policy/isolation/topology.h"
#include "policy/offline/grouping.h"

static const char *const code_names[ISOLATION_CODES] = {
	[ISOLATION_ACS_MISSING] = "acs-missing",
	[ISOLATION_ACS_NOT_ENABLED] = "acs-not-enabled",
	[ISOLATION_MULTIFUNCTION] = "multifunction",
	[ISOLATION_CONVENTIONAL_BRIDGE] = "conventional-bridge",
	[ISOLATION_DMA_ALIAS] = "dma-alias",
	[ISOLATION_PLATFORM_PE] = "platform-pe",
	[ISOLATION_UNKNOWN] = "unknown",
	[ISOLATION_ACS_QUIRK] = "acs-quirk",
	[ISOLATION_PEER_TO_PEER] = "peer-to-peer",
};

const char *isolation_code_to_string(enum isolation_code code)
{
	return code_names[code];
}

int isolation_code_from_string(const char *s, enum isolation_code *ret)
{
	for (size_t i = 0; i < ISOLATION_CODES; i++)
		if (str_eq(code_names[i], s)) {
			*ret = (enum isolation_code)i;
			return 0;
		}
	return -EINVAL;
}

static void *cause_free(void *data)
{
	struct isolation_cause *cause = data;

	if (cause)
		free(cause->peer);
	free(cause);
	return NULL;
}

void isolation_clear(struct vec *causes)
{
	vec_clear(causes, cause_free);
}

/* The same cause twice is said once. */
static int add(struct vec *causes, enum isolation_code code, const char *peer)
{
	struct isolation_cause *cause;

	VEC_FOREACH (const struct isolation_cause, known, causes)
		if (known->code == code && str_eq(known->peer, peer))
			return 0;
	cause = calloc(1, sizeof(*cause));
	if (!cause)
		return -ENOMEM;
	cause->code = code;
	cause->peer = strdup(peer);
	if (!cause->peer || vec_add(causes, cause) < 0) {
		cause_free(cause);
		return -ENOMEM;
	}
	return 0;
}

static bool same_group(const struct device *a, const struct device *b)
{
	return a->iommu_group >= 0 && a->iommu_group == b->iommu_group;
}

/* --- by configuration space alone: the kernel's word comes in by the groups ------------------ */

static bool says_isolated(const struct device *device)
{
	return acs_state_isolates(acs_state(device));
}

/* What is wrong with this bridge; false if nothing is. */
static bool fault_of(const struct device *bridge, enum isolation_code *ret)
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
 * The kernel parted what this would have tied. Where configuration space is not known, it knows
 * better; a bridge or an alias it parts for no reason that we know of.
 */
static bool becomes_quirk(enum isolation_code *code)
{
	bool acs = *code == ISOLATION_ACS_MISSING || *code == ISOLATION_ACS_NOT_ENABLED ||
		   *code == ISOLATION_MULTIFUNCTION;

	*code = ISOLATION_ACS_QUIRK;
	return acs;
}

/*
 * The bridges above. One that does not isolate ties what is below it, or the kernel knows better
 * where it put the two sides apart.
 */
static int add_above(const struct inventory *inv, const struct device *device, struct vec *causes)
{
	const struct device *below = device, *bridge = topology_parent(inv, device);
	bool apart = bridge && !same_group(device, bridge);
	enum isolation_code code;
	int r;

	for (unsigned n = 0; bridge && n < TOPOLOGY_DEPTH_MAX; n++) {
		bool parted = apart || !same_group(below, bridge);

		if (bridge->iommu_group >= 0 && fault_of(bridge, &code) &&
		    (!parted || becomes_quirk(&code))) {
			r = add(causes, code, bridge->key);
			if (r < 0)
				return r;
		}
		below = bridge;
		bridge = topology_parent(inv, bridge);
	}
	return 0;
}

static bool has_child(const struct inventory *inv, const struct device *bridge, bool in_group)
{
	TOPOLOGY_FOREACH(other, inv, topology_below(inv, bridge))
	if (str_eq(other->parent, bridge->key) && (!in_group || same_group(other, bridge)))
		return true;
	return false;
}

static bool has_child_in_group(const struct inventory *inv, const struct device *bridge)
{
	return has_child(inv, bridge, true);
}

static int add_itself(const struct inventory *inv, const struct device *device, struct vec *causes)
{
	enum isolation_code code;

	if (!device_is_bridge(device) || !fault_of(device, &code) ||
	    !has_child_in_group(inv, device))
		return 0;
	return add(causes, code, device->key);
}

/* Of two functions of one device; false if nothing ties them. */
static bool tie_of_functions(const struct device *a, const struct device *b,
			     enum isolation_code *ret)
{
	if (a == b || b->physfn)
		return false;
	if (acs_is_alias(a, b) || acs_is_alias(b, a))
		*ret = ISOLATION_DMA_ALIAS;
	else if (says_isolated(a) || says_isolated(b))
		return false;
	else if (acs_state(a) == ACS_UNKNOWN || acs_state(b) == ACS_UNKNOWN)
		*ret = ISOLATION_UNKNOWN;
	else
		*ret = ISOLATION_MULTIFUNCTION;
	return true;
}

static int add_functions(const struct inventory *inv, const struct device *device,
			 struct vec *causes)
{
	enum isolation_code code;
	int r;

	TOPOLOGY_FOREACH(other, inv, topology_slot(inv, device))
	{
		if (other->iommu_group < 0 || !tie_of_functions(device, other, &code))
			continue;
		if (!same_group(device, other) && !becomes_quirk(&code))
			continue;
		r = add(causes, code, other->key);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- what nothing explains ------------------------------------------------------------------- */

/*
 * The next of its group that something ties it to, of lower address; NULL: it is the first of
 * those.
 */
static const struct device *step_down(const struct inventory *inv, const struct device *device)
{
	const struct device *above = topology_parent(inv, device);
	enum isolation_code code;

	if (above && same_group(device, above))
		for (const struct device *bridge = above; bridge;
		     bridge = topology_parent(inv, bridge)) {
			if (fault_of(bridge, &code))
				return above;
			if (device_cmp(bridge, device) >= 0) /* only in a forged snapshot */
				break;
		}
	TOPOLOGY_FOREACH(other, inv, topology_slot(inv, device))
	if (device_cmp(other, device) < 0 && same_group(device, other) &&
	    tie_of_functions(device, other, &code))
		return other;
	return NULL;
}

static const struct device *first_of_tied(const struct inventory *inv, const struct device *device)
{
	const struct device *next;

	while ((next = step_down(inv, device)) && device_cmp(next, device) < 0)
		device = next;
	return device;
}

/*
 * Some member that nothing ties to @device, and which is the group's first one unless @device is
 * tied to that.
 */
static const struct device *find_untied(const struct inventory *inv,
					const struct iommu_group *group,
					const struct device *device)
{
	const struct device *first = group->devices.items[0], *own = first_of_tied(inv, device);

	if (own != first_of_tied(inv, first))
		return first;
	if (device != first)
		return NULL;
	VEC_FOREACH (const struct device, other, &group->devices)
		if (first_of_tied(inv, other) != own)
			return other;
	return NULL;
}

static int add_unexplained(const struct inventory *inv, const struct device *device,
			   struct vec *causes)
{
	const struct iommu_group *group = inventory_find_group(inv, device->iommu_group);
	const struct device *peer;

	if (!group || group->devices.n < 2)
		return 0;
	peer = find_untied(inv, group, device);
	if (!peer)
		return 0;
	/* partitionable endpoints have names: "domain0-pe1" */
	if (group->name && strstr(group->name, "-pe"))
		return add(causes, ISOLATION_PLATFORM_PE, peer->key);
	return add(causes, ISOLATION_UNKNOWN, peer->key);
}

/* --- what the group does not show ------------------------------------------------------------ */

static bool is_downstream(const struct device *device)
{
	return pcicap_express_type(device) == EXPRESS_DOWNSTREAM;
}

static int add_endpoints_below(const struct inventory *inv, const struct device *device,
			       const struct device *port, struct vec *causes)
{
	TOPOLOGY_FOREACH(other, inv, topology_below(inv, port))
	{
		int r;

		if (device_is_bridge(other) || same_group(device, other) ||
		    !topology_is_below(inv, other, port))
			continue;
		r = add(causes, ISOLATION_PEER_TO_PEER, other->key);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Where that cannot be read, the kernel's groups tell. A port without ACS whose children are kept
 * apart from it is one that the kernel knows better.
 */
static bool lets_pass(const struct inventory *inv, const struct device *port)
{
	if (acs_quirk(port) < 0 && acs_state(port) == ACS_UNKNOWN)
		return has_child_in_group(inv, port);
	return !acs_isolates(port) &&
	       (!has_child(inv, port, false) || has_child_in_group(inv, port));
}

/*
 * A switch passes a request from one of its downstream ports to another by itself if the first has
 * no ACS; to the kernel the ports are devices of one function each, and it never asks them for each
 * other.
 */
static int add_peers(const struct inventory *inv, const struct device *device, struct vec *causes)
{
	const struct device *port = topology_parent(inv, device);

	if (device_is_bridge(device) || device->iommu_group < 0)
		return 0;
	for (unsigned n = 0; port && n < TOPOLOGY_DEPTH_MAX;
	     n++, port = topology_parent(inv, port)) {
		const struct device *upstream = topology_parent(inv, port);

		if (!is_downstream(port) || !upstream)
			continue;
		TOPOLOGY_FOREACH(other, inv, topology_below(inv, upstream))
		{
			int r;

			if (other == port || !str_eq(other->parent, upstream->key) ||
			    !is_downstream(other) ||
			    (!lets_pass(inv, port) && !lets_pass(inv, other)))
				continue;
			r = add_endpoints_below(inv, device, other, causes);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* --- all of it ------------------------------------------------------------------------------- */

/*
 * "acs-missing 0000:07:00.0": of a later version of the module there may be codes that are not
 * known here.
 */
static int add_from_module(const struct device *device, struct vec *causes)
{
	STRV_FOREACH(line, device->isolation)
	{
		_cleanup_strv_ char **words = NULL;
		enum isolation_code code;
		int r = strv_split(*line, " ", &words);

		if (r >= 0 && words && isolation_code_from_string(words[0], &code) >= 0)
			r = add(causes, code, str_or(words[1], ""));
		if (r < 0)
			return r;
	}
	return 0;
}

static int find_causes(const struct inventory *inv, const struct device *device, struct vec *causes)
{
	int r;

	if (device->iommu_group < 0)
		return 0;
	if (isolation_is_from_module(device))
		return add_from_module(device, causes);
	r = add_above(inv, device, causes);
	if (r >= 0)
		r = add_itself(inv, device, causes);
	if (r >= 0)
		r = add_functions(inv, device, causes);
	if (r >= 0)
		r = add_unexplained(inv, device, causes);
	return r < 0 ? r : add_peers(inv, device, causes);
}

int isolation_find(const struct inventory *inv, const struct device *device, struct vec *ret)
{
	_cleanup_isolation_ struct vec causes = { 0 };
	int r = find_causes(inv, device, &causes);

	if (r < 0)
		return r;
	*ret = causes;
	causes = (struct vec){ 0 };
	return 0;
}
