/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The MSI-X table and pending bits of a function, and their place in its BARs. */

#include "model/device.h"

struct msix_part {
	unsigned bar;
	uint64_t offset, size;
};

struct msix_table {
	unsigned vectors;
	struct msix_part table, pending;
};

/* Reads the capability; false if there is none, or configuration space is not known that far. */
bool msix_table_find(const struct device *device, struct msix_table *ret);

/*
 * Returns whether the table shares its pages of @page_size bytes with registers. VMMs trap these
 * pages, so each access to such a register exits to the VMM. The pending bits do not count, nor the
 * rest of the 4096 bytes that PCI reserves for each. False if the size of the BAR is unknown. True
 * if the pending bits overlap the table, because QEMU then refuses to start (hw/pci/msix.c,
 * msix_init()).
 */
bool msix_table_shares_page(const struct device *device, const struct msix_table *msix,
			    uint64_t page_size);

/*
 * Returns the BAR to move the table to: an unused one, which changes nothing else, or the smallest
 * memory BAR, which doubles. DEVICE_BARS: there is none. QEMU has the setting "auto", but refuses
 * it for every device (hw/vfio/pci.c, vfio_pci_relocate_msix()).
 */
unsigned msix_table_new_bar(const struct device *device);
