/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Floor 2, pure. Where in its BARs a function has its MSI-X table and pending bits. */

#include "device.h"

struct msix_part {
	unsigned bar;
	uint64_t offset, size;
};

struct msix_table {
	unsigned vectors;
	struct msix_part table, pending;
};

/* False: it has none, or configuration space is not known that far. */
bool msix_table_find(const struct device *device, struct msix_table *ret);

/*
 * Is there something else in the pages of @page_size bytes that the table lies in? VMMs trap these
 * pages, and what else is in them becomes as slow as an exit to the VMM. The pending bits do not
 * count, nor what follows either up to the end of the 4096 bytes that PCI wants them to have to
 * themselves. False also where the size of the BAR is not known.
 */
bool msix_table_shares_page(const struct device *device, const struct msix_table *msix,
			    uint64_t page_size);
