// SPDX-License-Identifier: GPL-2.0-only
/* The devices that a reset of a device's bus reaches: all behind the bridge above it. */

#include "devgroups.h"

void dg_reset_print_scope(struct dg_entry *entry, struct dg_text *text)
{
	struct dg_entry *other;

	/* A root bus cannot be reset. */
	if (!entry->parent || entry->parent->dead)
		return;
	dg_tree_for_each_below(other, entry->parent)
		dg_text_printf(text, "%s\n", dev_name(other->dev));
}
