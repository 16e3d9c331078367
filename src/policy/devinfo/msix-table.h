/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where in its BARs a function has its MSI-X table and pending bits. */

#include "model/device.h"

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
 * themselves. False also where the size of the BAR is not known. True where the pending bits lie in
 * the table itself, which QEMU refuses to start with (hw/pci/msix.c, msix_init()).
 */
bool msix_table_shares_page(const struct device *device, const struct msix_table *msix,
			    uint64_t page_size);

/*
 * The BAR to move the table to: one that the function does not have, which changes nothing else, or
 * the smallest one of memory, which becomes twice as large. DEVICE_BARS: there is none. QEMU has
 * the setting "auto" and refuses it for every device (hw/vfio/pci.c, vfio_pci_relocate_msix()).
 */
unsigned msix_table_new_bar(const struct device *device);
