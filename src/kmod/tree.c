// SPDX-License-Identifier: GPL-2.0-only
/* The tree of PCI devices and bridges. Guarded by dg_registry_lock. */

#include <linux/compiler.h>

#include "devgroups.h"

LIST_HEAD(dg_tree_roots);

int dg_tree_cmp(const struct dg_entry *a, const struct dg_entry *b)
{
	if (a->domain != b->domain)
		return a->domain < b->domain ? -1 : 1;
	if (a->bus != b->bus)
		return a->bus < b->bus ? -1 : 1;
	if (a->devfn != b->devfn)
		return a->devfn < b->devfn ? -1 : 1;
	return 0;
}

struct list_head *dg_tree_siblings(struct dg_entry *entry)
{
	return entry->parent ? &entry->parent->children : &dg_tree_roots;
}

/* Searches from the end: devices are mostly found in order. */
void dg_tree_insert(struct dg_entry *entry)
{
	struct list_head *list = dg_tree_siblings(entry);
	struct dg_entry *other;

	list_for_each_entry_reverse(other, list, sibling)
		if (dg_tree_cmp(other, entry) < 0)
			break;
	list_add(&entry->sibling, &other->sibling);
}

/* Returns the entry after @entry below @top; NULL at the end. */
struct dg_entry *dg_tree_next(struct dg_entry *top, struct dg_entry *entry)
{
	if (!list_empty(&entry->children))
		return list_first_entry(&entry->children, struct dg_entry, sibling);
	for (; entry && entry != top; entry = entry->parent)
		if (!list_is_last(&entry->sibling, dg_tree_siblings(entry)))
			return list_next_entry(entry, sibling);
	return NULL;
}

/* Tells whether both are functions of one device. VFs never are: their addresses are computed. */
bool dg_tree_same_slot(const struct dg_entry *a, const struct dg_entry *b)
{
	return !a->physfn && !b->physfn && a->parent == b->parent && a->domain == b->domain &&
	       a->bus == b->bus && PCI_SLOT(a->devfn) == PCI_SLOT(b->devfn);
}
