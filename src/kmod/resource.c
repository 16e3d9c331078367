// SPDX-License-Identifier: GPL-2.0-only
/* The device's "resource" as in sysfs, but without addresses in the host's memory. */

#include <linux/ioport.h>

#include "devgroups.h"

void dg_resource_print(struct dg_entry *entry, struct dg_text *text)
{
	struct pci_dev *pdev = entry->pdev;
	int i, n = pci_is_bridge(pdev) ? DEVICE_COUNT_RESOURCE : PCI_ROM_RESOURCE + 1;

	for (i = 0; i < n; i++) {
		u64 size = pci_resource_len(pdev, i);

		dg_text_printf(text, "0x%016llx 0x%016llx 0x%016llx\n", 0ULL,
			       size ? size - 1 : 0ULL,
			       size ? (u64)pci_resource_flags(pdev, i) : 0ULL);
	}
}
