// SPDX-License-Identifier: GPL-2.0-only
/*
 * The causes that keep a device from a smaller IOMMU group, one a line. A cause is shown on both
 * sides: a device below a port that does not isolate names that port, and so does the port itself.
 *
 * The causes are found in the hardware and compared with the actual groups. Devices that the
 * hardware ties but the kernel separates: acs-quirk. Devices in one group without a cause: unknown.
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
	CAUSE_PEER_TO_PEER,
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
	[CAUSE_PEER_TO_PEER] = "peer-to-peer",
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

static bool isolation_bridge_cause(struct dg_entry *bridge, enum isolation_cause *cause)
{
	if (dg_aliases_by_bridge(bridge)) {
		*cause = CAUSE_CONVENTIONAL_BRIDGE;
		return true;
	}
	switch (dg_acs_state(bridge)) {
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
 * Tells whether a quirk of the kernel can be the reason why devices with this cause are separated.
 * For bridges and aliases no such quirk is known.
 */
static bool isolation_is_quirk(enum isolation_cause cause)
{
	return cause == CAUSE_ACS_MISSING || cause == CAUSE_ACS_NOT_ENABLED ||
	       cause == CAUSE_MULTIFUNCTION;
}

static void isolation_print_bridges(struct dg_entry *entry, struct dg_text *text)
{
	struct dg_entry *below = entry, *bridge = isolation_parent(entry);
	bool apart = bridge && !dg_registry_same_group(entry, bridge);
	enum isolation_cause cause;

	for (; bridge; below = bridge, bridge = isolation_parent(bridge)) {
		bool parted = apart || !dg_registry_same_group(below, bridge);

		if (!bridge->group || !isolation_bridge_cause(bridge, &cause))
			continue;
		if (!parted)
			isolation_print_cause(text, cause, bridge);
		else if (isolation_is_quirk(cause))
			isolation_print_cause(text, CAUSE_ACS_QUIRK, bridge);
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
	    isolation_bridge_cause(entry, &cause))
		isolation_print_cause(text, cause, entry);
}

/* --- functions of one device --- */

static bool isolation_are_tied(struct dg_entry *a, struct dg_entry *b, enum isolation_cause *cause)
{
	enum dg_acs x, y;

	if (a == b || !dg_tree_same_slot(a, b))
		return false;
	x = dg_acs_state(a);
	y = dg_acs_state(b);
	if (dg_aliases_between(a, b))
		*cause = CAUSE_DMA_ALIAS;
	else if (x == DG_ACS_ISOLATES || y == DG_ACS_ISOLATES)
		return false;
	else if (x == DG_ACS_UNKNOWN || y == DG_ACS_UNKNOWN)
		*cause = CAUSE_UNKNOWN;
	else
		*cause = CAUSE_MULTIFUNCTION;
	return true;
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
		else if (isolation_is_quirk(cause))
			isolation_print_cause(text, CAUSE_ACS_QUIRK, other);
	}
}

/* --- devices without a cause --- */

/* Returns the parent, or a sibling of lower address, that a cause ties to @entry; else NULL. */
static struct dg_entry *isolation_next_tied(struct dg_entry *entry)
{
	struct dg_entry *parent, *other;
	enum isolation_cause cause;

	if (!entry->pdev)
		return NULL;
	parent = isolation_parent(entry);
	if (parent && dg_registry_same_group(entry, parent))
		for (other = parent; other; other = isolation_parent(other))
			if (isolation_bridge_cause(other, &cause))
				return parent;
	list_for_each_entry(other, dg_tree_siblings(entry), sibling) {
		if (other == entry)
			break;
		if (dg_registry_same_group(entry, other) &&
		    isolation_are_tied(entry, other, &cause))
			return other;
	}
	return NULL;
}

static struct dg_entry *isolation_first_tied(struct dg_entry *entry)
{
	struct dg_entry *next;

	while ((next = isolation_next_tied(entry)) && dg_tree_cmp(next, entry) < 0)
		entry = next;
	return entry;
}

/*
 * Returns the first member of the group if no cause ties @entry to it. For the first member itself,
 * returns another that no cause ties to it. Else NULL.
 */
static struct dg_entry *isolation_find_untied(struct dg_entry *entry)
{
	struct dg_entry *other, *own = isolation_first_tied(entry);
	struct list_head *entries = &entry->group->entries;
	struct dg_entry *first = list_first_entry(entries, struct dg_entry, in_group);

	if (own != isolation_first_tied(first))
		return first;
	if (entry != first)
		return NULL;
	list_for_each_entry(other, entries, in_group)
		if (isolation_first_tied(other) != own)
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
 * Tells whether a port forwards requests. A port without ACS whose children are in other groups
 * does not: the kernel has a quirk for it.
 */
static bool isolation_port_forwards(struct dg_entry *port)
{
	enum isolation_cause cause;

	if (!isolation_bridge_cause(port, &cause))
		return false;
	return list_empty(&port->children) || isolation_has_group_child(port);
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
	if (entry->pdev) {
		isolation_print_bridges(entry, text);
		isolation_print_self(entry, text);
		isolation_print_functions(entry, text);
	}
	isolation_print_unexplained(entry, text);
	if (entry->pdev)
		isolation_print_peers(entry, text);
}
