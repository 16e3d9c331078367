// SPDX-License-Identifier: GPL-2.0-only
/* What a reset of the bus that a device is on reaches: everything behind the bridge above it. */

#include "devgroups.h"

void dg_reset_print_scope(struct dg_entry *entry, struct dg_text *text)
{
	struct dg_entry *other;

	/* Nobody can reset a root bus. */
	if (!entry->parent || entry->parent->dead)
		return;
	dg_tree_for_each_below(other, entry->parent)
		dg_text_printf(text, "%s\n", dev_name(other->dev));
}
