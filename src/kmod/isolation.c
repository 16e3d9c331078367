// SPDX-License-Identifier: GPL-2.0-only
/*
 * What keeps a device from a smaller IOMMU group, a cause a line, seen from both sides: the device
 * below a port that does not isolate names that port, and so does the port itself. The causes come
 * from the hardware and are held against the groups that there are: what ties by the hardware and
 * is apart by the groups is a quirk that the kernel knows, and what is together for no cause is
 * said to be so. The daemon knows the same rules (src/policy/isolation/isolation.c), and a test compares.
 */

#include "devgroups.h"

enum cause {
	ACS_MISSING,
	ACS_NOT_ENABLED,
	MULTIFUNCTION,
	CONVENTIONAL_BRIDGE,
	DMA_ALIAS,
	PLATFORM_PE,
	UNKNOWN,
	ACS_QUIRK,
	PEER_TO_PEER,
};

static const char *const names[] = {
	[ACS_MISSING] = "acs-missing",
	[ACS_NOT_ENABLED] = "acs-not-enabled",
	[MULTIFUNCTION] = "multifunction",
	[CONVENTIONAL_BRIDGE] = "conventional-bridge",
	[DMA_ALIAS] = "dma-alias",
	[PLATFORM_PE] = "platform-pe",
	[UNKNOWN] = "unknown",
	[ACS_QUIRK] = "acs-quirk",
	[PEER_TO_PEER] = "peer-to-peer",
};

static void say(struct dg_text *text, enum cause cause, const struct dg_entry *peer)
{
	dg_print(text, "%s %s\n", names[cause], dev_name(peer->dev));
}

/* --- bridges ---------------------------------------------------------------------------------- */

static struct dg_entry *above(const struct dg_entry *entry)
{
	return entry->parent && !entry->parent->dead ? entry->parent : NULL;
}

static bool has_fault(struct dg_entry *bridge, enum cause *cause)
{
	if (dg_bridge_aliases(bridge)) {
		*cause = CONVENTIONAL_BRIDGE;
		return true;
	}
	switch (dg_acs_state(bridge)) {
	case DG_ACS_MISSING:
		*cause = ACS_MISSING;
		return true;
	case DG_ACS_OFF:
		*cause = ACS_NOT_ENABLED;
		return true;
	case DG_ACS_UNKNOWN:
		*cause = UNKNOWN;
		return true;
	default:
		return false;
	}
}

/* The kernel parted what this would tie. Of bridges and aliases we know no reason for that. */
static bool becomes_quirk(enum cause cause)
{
	return cause == ACS_MISSING || cause == ACS_NOT_ENABLED || cause == MULTIFUNCTION;
}

static void say_above(struct dg_entry *entry, struct dg_text *text)
{
	struct dg_entry *below = entry, *bridge = above(entry);
	bool apart = bridge && !dg_same_group(entry, bridge);
	enum cause cause;

	for (; bridge; below = bridge, bridge = above(bridge)) {
		bool parted = apart || !dg_same_group(below, bridge);

		if (!bridge->group || !has_fault(bridge, &cause))
			continue;
		if (!parted)
			say(text, cause, bridge);
		else if (becomes_quirk(cause))
			say(text, ACS_QUIRK, bridge);
	}
}

static bool has_child_in_group(const struct dg_entry *bridge)
{
	struct dg_entry *child;

	list_for_each_entry(child, &bridge->children, sibling)
		if (dg_same_group(child, bridge))
			return true;
	return false;
}

static void say_itself(struct dg_entry *entry, struct dg_text *text)
{
	enum cause cause;

	if (pci_is_bridge(entry->pdev) && has_child_in_group(entry) && has_fault(entry, &cause))
		say(text, cause, entry);
}

/* --- functions of one device ------------------------------------------------------------------ */

static bool are_tied(struct dg_entry *a, struct dg_entry *b, enum cause *cause)
{
	enum dg_acs x, y;

	if (a == b || !dg_same_slot(a, b))
		return false;
	x = dg_acs_state(a);
	y = dg_acs_state(b);
	if (dg_is_alias(a, b))
		*cause = DMA_ALIAS;
	else if (x == DG_ACS_ISOLATES || y == DG_ACS_ISOLATES)
		return false;
	else if (x == DG_ACS_UNKNOWN || y == DG_ACS_UNKNOWN)
		*cause = UNKNOWN;
	else
		*cause = MULTIFUNCTION;
	return true;
}

static void say_functions(struct dg_entry *entry, struct dg_text *text)
{
	struct dg_entry *other;
	enum cause cause;

	list_for_each_entry(other, dg_tree_siblings(entry), sibling) {
		if (!other->group || !are_tied(entry, other, &cause))
			continue;
		if (dg_same_group(entry, other))
			say(text, cause, other);
		else if (becomes_quirk(cause))
			say(text, ACS_QUIRK, other);
	}
}

/* --- what nothing explains -------------------------------------------------------------------- */

/* The next of its group, of lower address, that something ties it to. */
static struct dg_entry *step_down(struct dg_entry *entry)
{
	struct dg_entry *parent, *other;
	enum cause cause;

	if (!entry->pdev)
		return NULL;
	parent = above(entry);
	if (parent && dg_same_group(entry, parent))
		for (other = parent; other; other = above(other))
			if (has_fault(other, &cause))
				return parent;
	list_for_each_entry(other, dg_tree_siblings(entry), sibling) {
		if (other == entry)
			break;
		if (dg_same_group(entry, other) && are_tied(entry, other, &cause))
			return other;
	}
	return NULL;
}

static struct dg_entry *first_of_tied(struct dg_entry *entry)
{
	struct dg_entry *next;

	while ((next = step_down(entry)) && dg_entry_cmp(next, entry) < 0)
		entry = next;
	return entry;
}

/* Some member that nothing ties to @entry: the first one, or for what is tied to that another. */
static struct dg_entry *find_untied(struct dg_entry *entry)
{
	struct dg_entry *other, *own = first_of_tied(entry);
	struct list_head *entries = &entry->group->entries;
	struct dg_entry *first = list_first_entry(entries, struct dg_entry, in_group);

	if (own != first_of_tied(first))
		return first;
	if (entry != first)
		return NULL;
	list_for_each_entry(other, entries, in_group)
		if (first_of_tied(other) != own)
			return other;
	return NULL;
}

/* On POWER the firmware makes the groups. */
static void say_unexplained(struct dg_entry *entry, struct dg_text *text)
{
	struct dg_entry *peer = find_untied(entry);

	if (peer)
		say(text, IS_ENABLED(CONFIG_PPC) ? PLATFORM_PE : UNKNOWN, peer);
}

/* --- what the group does not show ------------------------------------------------------------- */

static bool is_downstream(const struct dg_entry *entry)
{
	return pci_is_pcie(entry->pdev) && pci_pcie_type(entry->pdev) == PCI_EXP_TYPE_DOWNSTREAM;
}

/* A port without ACS whose children are kept apart from it is one that the kernel knows better. */
static bool lets_pass(struct dg_entry *port)
{
	enum cause cause;

	if (!has_fault(port, &cause))
		return false;
	return list_empty(&port->children) || has_child_in_group(port);
}

static void say_endpoints(struct dg_entry *entry, struct dg_entry *port, struct dg_text *text)
{
	struct dg_entry *other;

	dg_for_each_below(other, port)
		if (!pci_is_bridge(other->pdev) && !dg_same_group(entry, other))
			say(text, PEER_TO_PEER, other);
}

/*
 * A switch passes a request from one of its downstream ports to another by itself if the first has
 * no ACS; to the kernel the ports are devices of one function each, and it never asks them.
 */
static void say_peers(struct dg_entry *entry, struct dg_text *text)
{
	struct dg_entry *port, *other;

	if (pci_is_bridge(entry->pdev))
		return;
	for (port = above(entry); port; port = above(port)) {
		if (!is_downstream(port) || !above(port))
			continue;
		list_for_each_entry(other, dg_tree_siblings(port), sibling)
			if (other != port && is_downstream(other) &&
			    (lets_pass(port) || lets_pass(other)))
				say_endpoints(entry, other, text);
	}
}

void dg_isolation(struct dg_entry *entry, struct dg_text *text)
{
	if (!entry->group)
		return;
	if (entry->pdev) {
		say_above(entry, text);
		say_itself(entry, text);
		say_functions(entry, text);
	}
	say_unexplained(entry, text);
	if (entry->pdev)
		say_peers(entry, text);
}
