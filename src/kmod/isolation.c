// SPDX-License-Identifier: GPL-2.0-only
/*
 * The causes that keep a device from a smaller IOMMU group, one a line. A cause is shown on both
 * sides: a device below a port that does not isolate names that port, and so does the port itself.
 *
 * The causes are found in the hardware and compared with the actual groups. Devices in one group
 * without a cause: unknown. Devices that the hardware ties but the kernel separates: acs-quirk, or
 * acs-cleared where the hardware can isolate. The kernel turns ACS on when it finds a device, so
 * another program has turned it off since.
 *
 * Devices that are in one group are judged by the state of the moment when they came together.
 *
 * src/policy/isolation/isolation.c has the same rules for the daemon, and a test compares both.
 */

#include "devgroups.h"

enum isolation_cause {
	CAUSE_ACS_MISSING,
	CAUSE_ACS_NOT_ENABLED,
	CAUSE_MULTIFUNCTION,
	CAUSE_CONVENTIONAL_BRIDGE,
	CAUSE_DMA_ALIAS,
	CAUSE_PLATFORM_PE,
	CAUSE_UNKNOWN,
	CAUSE_ACS_QUIRK,
	CAUSE_ACS_CLEARED,
	CAUSE_PEER_TO_PEER,
	CAUSE_NO_IOMMU,
};

static const char *const isolation_cause_names[] = {
	[CAUSE_ACS_MISSING] = "acs-missing",
	[CAUSE_ACS_NOT_ENABLED] = "acs-not-enabled",
	[CAUSE_MULTIFUNCTION] = "multifunction",
	[CAUSE_CONVENTIONAL_BRIDGE] = "conventional-bridge",
	[CAUSE_DMA_ALIAS] = "dma-alias",
	[CAUSE_PLATFORM_PE] = "platform-pe",
	[CAUSE_UNKNOWN] = "unknown",
	[CAUSE_ACS_QUIRK] = "acs-quirk",
	[CAUSE_ACS_CLEARED] = "acs-cleared",
	[CAUSE_PEER_TO_PEER] = "peer-to-peer",
	[CAUSE_NO_IOMMU] = "no-iommu",
};

static void isolation_print_cause(struct dg_text *text, enum isolation_cause cause,
				  const struct dg_entry *peer)
{
	dg_text_printf(text, "%s %s\n", isolation_cause_names[cause], dev_name(peer->dev));
}

/* --- bridges --- */

static struct dg_entry *isolation_parent(const struct dg_entry *entry)
{
	return entry->parent && !entry->parent->dead ? entry->parent : NULL;
}

/* @parted: the cause is of devices that are in different groups now. */
static bool isolation_bridge_cause(struct dg_entry *bridge, bool parted,
				   enum isolation_cause *cause)
{
	enum dg_acs state = dg_acs_state(bridge);

	if (dg_aliases_by_bridge(bridge)) {
		*cause = CAUSE_CONVENTIONAL_BRIDGE;
		return true;
	}
	if (!parted && bridge->acs_tied != DG_ACS_UNKNOWN)
		state = bridge->acs_tied;
	switch (state) {
	case DG_ACS_MISSING:
		*cause = CAUSE_ACS_MISSING;
		return true;
	case DG_ACS_OFF:
		*cause = CAUSE_ACS_NOT_ENABLED;
		return true;
	case DG_ACS_UNKNOWN:
		*cause = CAUSE_UNKNOWN;
		return true;
	default:
		return false;
	}
}

/*
 * Tells whether the function could isolate, and does not. The quirk is that of Intel's root ports,
 * which have the control in another place.
 */
static bool isolation_is_cleared(struct dg_entry *entry)
{
	return dg_acs_state(entry) == DG_ACS_OFF &&
	       !(entry->pdev->dev_flags & PCI_DEV_FLAGS_ACS_ENABLED_QUIRK);
}

/*
 * Prints why devices with this cause are separated nevertheless. For conventional bridges no quirk
 * of the kernel is known.
 */
static void isolation_print_parted(struct dg_text *text, enum isolation_cause cause,
				   struct dg_entry *peer)
{
	if (cause != CAUSE_ACS_NOT_ENABLED && cause != CAUSE_ACS_MISSING)
		return;
	isolation_print_cause(text,
			      isolation_is_cleared(peer) ? CAUSE_ACS_CLEARED : CAUSE_ACS_QUIRK,
			      peer);
}

static void isolation_print_bridges(struct dg_entry *entry, struct dg_text *text)
{
	struct dg_entry *below = entry, *bridge = isolation_parent(entry);
	bool apart = bridge && !dg_registry_same_group(entry, bridge);
	enum isolation_cause cause;

	for (; bridge; below = bridge, bridge = isolation_parent(bridge)) {
		bool parted = apart || !dg_registry_same_group(below, bridge);

		if (!bridge->group || !isolation_bridge_cause(bridge, parted, &cause))
			continue;
		if (!parted)
			isolation_print_cause(text, cause, bridge);
		else
			isolation_print_parted(text, cause, bridge);
	}
}

static bool isolation_has_group_child(const struct dg_entry *bridge)
{
	struct dg_entry *child;

	list_for_each_entry(child, &bridge->children, sibling)
		if (dg_registry_same_group(child, bridge))
			return true;
	return false;
}

static void isolation_print_self(struct dg_entry *entry, struct dg_text *text)
{
	enum isolation_cause cause;

	if (pci_is_bridge(entry->pdev) && isolation_has_group_child(entry) &&
	    isolation_bridge_cause(entry, false, &cause))
		isolation_print_cause(text, cause, entry);
}

/* --- functions of one device, and devices of one bus --- */

static bool isolation_states_tie(enum dg_acs a, enum dg_acs b)
{
	return a != DG_ACS_ISOLATES && b != DG_ACS_ISOLATES;
}

/*
 * Tells whether both functions of one device fail to isolate: now, or, in one group, at the time
 * when they came together.
 */
static bool isolation_slot_ties(struct dg_entry *a, struct dg_entry *b, enum isolation_cause *cause)
{
	enum dg_acs x = dg_acs_state(a), y = dg_acs_state(b);

	if (!dg_tree_same_slot(a, b))
		return false;
	if (dg_registry_same_group(a, b) && !isolation_states_tie(x, y)) {
		x = a->acs_joined;
		y = b->acs_joined;
	}
	if (!isolation_states_tie(x, y))
		return false;
	*cause = x == DG_ACS_UNKNOWN || y == DG_ACS_UNKNOWN ? CAUSE_UNKNOWN : CAUSE_MULTIFUNCTION;
	return true;
}

/* An alias may be any function of the same bus. */
static bool isolation_are_tied(struct dg_entry *a, struct dg_entry *b, enum isolation_cause *cause)
{
	if (a == b)
		return false;
	if (dg_aliases_between(a, b)) {
		*cause = CAUSE_DMA_ALIAS;
		return true;
	}
	return isolation_slot_ties(a, b, cause);
}

/*
 * Two functions that the kernel has separated although neither isolates. One with a quirk is enough
 * for that.
 */
static void isolation_print_parted_functions(struct dg_text *text, struct dg_entry *entry,
					     struct dg_entry *other)
{
	pci_dev_flags_t flags = entry->pdev->dev_flags | other->pdev->dev_flags;

	if (flags & PCI_DEV_FLAGS_ACS_ENABLED_QUIRK)
		isolation_print_cause(text, CAUSE_ACS_QUIRK, other);
	else if (isolation_is_cleared(other))
		isolation_print_cause(text, CAUSE_ACS_CLEARED, other);
	else if (isolation_is_cleared(entry))
		isolation_print_cause(text, CAUSE_ACS_CLEARED, entry);
	else
		isolation_print_cause(text, CAUSE_ACS_QUIRK, other);
}

static void isolation_print_functions(struct dg_entry *entry, struct dg_text *text)
{
	struct dg_entry *other;
	enum isolation_cause cause;

	list_for_each_entry(other, dg_tree_siblings(entry), sibling) {
		if (!other->group || !isolation_are_tied(entry, other, &cause))
			continue;
		if (dg_registry_same_group(entry, other))
			isolation_print_cause(text, cause, other);
		else if (cause == CAUSE_MULTIFUNCTION)
			isolation_print_parted_functions(text, entry, other);
	}
}

/* --- devices without a cause --- */

static struct dg_entry *isolation_leader(struct dg_entry *entry)
{
	while (entry->leader != entry)
		entry = entry->leader;
	return entry;
}

/* Joins the sets of both entries. Their leader is the one that comes first in the group. */
static void isolation_join(struct dg_entry *a, struct dg_entry *b)
{
	a = isolation_leader(a);
	b = isolation_leader(b);
	if (dg_tree_cmp(a, b) < 0)
		b->leader = a;
	else
		a->leader = b;
}

/* Tells whether a bridge above ties @entry to its parent. */
static bool isolation_parent_ties(struct dg_entry *entry)
{
	struct dg_entry *bridge, *parent = isolation_parent(entry);
	enum isolation_cause cause;

	if (!parent || !dg_registry_same_group(entry, parent))
		return false;
	for (bridge = parent; bridge; bridge = isolation_parent(bridge))
		if (isolation_bridge_cause(bridge, !dg_registry_same_group(entry, bridge), &cause))
			return true;
	return false;
}

static void isolation_join_tied(struct dg_entry *entry)
{
	struct dg_entry *other;
	enum isolation_cause cause;

	if (!entry->pdev)
		return;
	if (isolation_parent_ties(entry))
		isolation_join(entry, isolation_parent(entry));
	list_for_each_entry(other, dg_tree_siblings(entry), sibling) {
		if (other == entry)
			break;
		if (dg_registry_same_group(entry, other) &&
		    isolation_are_tied(entry, other, &cause))
			isolation_join(entry, other);
	}
}

/*
 * Finds the sets of devices of one group that causes tie to each other. The files of the group are
 * printed from them.
 */
void dg_isolation_find_leaders(struct list_head *entries)
{
	struct dg_entry *entry;

	lockdep_assert_held(&dg_registry_lock);
	list_for_each_entry(entry, entries, in_group)
		entry->leader = entry;
	list_for_each_entry(entry, entries, in_group)
		isolation_join_tied(entry);
	list_for_each_entry(entry, entries, in_group)
		entry->leader = isolation_leader(entry);
}

/*
 * Returns the first member of the group if no cause ties @entry to it. For the first member itself,
 * returns another that no cause ties to it. Else NULL. A member that came after its leader was
 * sought has none yet, and is left out.
 */
static struct dg_entry *isolation_find_untied(struct dg_entry *entry)
{
	struct list_head *entries = &entry->group->entries;
	struct dg_entry *other, *first = list_first_entry(entries, struct dg_entry, in_group);

	if (!entry->leader || !first->leader)
		return NULL;
	if (entry->leader != first->leader)
		return first;
	if (entry != first)
		return NULL;
	list_for_each_entry(other, entries, in_group)
		if (other->leader && other->leader != entry->leader)
			return other;
	return NULL;
}

/* On POWER the firmware defines the groups. */
static void isolation_print_unexplained(struct dg_entry *entry, struct dg_text *text)
{
	struct dg_entry *peer = isolation_find_untied(entry);

	if (peer)
		isolation_print_cause(text,
				      IS_ENABLED(CONFIG_PPC) ? CAUSE_PLATFORM_PE : CAUSE_UNKNOWN,
				      peer);
}

/* --- peers outside the group --- */

static bool isolation_is_downstream(const struct dg_entry *entry)
{
	return pci_is_pcie(entry->pdev) && pci_pcie_type(entry->pdev) == PCI_EXP_TYPE_DOWNSTREAM;
}

/*
 * Tells whether a port forwards requests now. A port without ACS whose children are in other groups
 * does not: the kernel has a quirk for it.
 */
static bool isolation_port_forwards(struct dg_entry *port)
{
	enum isolation_cause cause;

	if (!isolation_bridge_cause(port, true, &cause))
		return false;
	return isolation_is_cleared(port) || list_empty(&port->children) ||
	       isolation_has_group_child(port);
}

static void isolation_print_endpoints(struct dg_entry *entry, struct dg_entry *port,
				      struct dg_text *text)
{
	struct dg_entry *other;

	dg_tree_for_each_below(other, port)
		if (!pci_is_bridge(other->pdev) && !dg_registry_same_group(entry, other))
			isolation_print_cause(text, CAUSE_PEER_TO_PEER, other);
}

/*
 * A switch forwards a request from one downstream port to another if the first has no ACS. The
 * kernel does not check this: each port is a device of its own, with one function.
 */
static void isolation_print_peers(struct dg_entry *entry, struct dg_text *text)
{
	struct dg_entry *port, *other;

	if (pci_is_bridge(entry->pdev))
		return;
	for (port = isolation_parent(entry); port; port = isolation_parent(port)) {
		if (!isolation_is_downstream(port) || !isolation_parent(port))
			continue;
		list_for_each_entry(other, dg_tree_siblings(port), sibling)
			if (other != port && isolation_is_downstream(other) &&
			    (isolation_port_forwards(port) || isolation_port_forwards(other)))
				isolation_print_endpoints(entry, other, text);
	}
}

void dg_isolation_print(struct dg_entry *entry, struct dg_text *text)
{
	if (!entry->group)
		return;
	if (!dg_registry_has_iommu(entry->dev)) {
		isolation_print_cause(text, CAUSE_NO_IOMMU, entry);
		return;
	}
	if (entry->pdev) {
		isolation_print_bridges(entry, text);
		isolation_print_self(entry, text);
		isolation_print_functions(entry, text);
	}
	isolation_print_unexplained(entry, text);
	if (entry->pdev)
		isolation_print_peers(entry, text);
}
