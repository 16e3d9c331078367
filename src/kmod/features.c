// SPDX-License-Identifier: GPL-2.0-only
/* Features that a device uses together with an IOMMU, and the physical function of a VF. */

#include <linux/pci-ats.h>

#include "devgroups.h"

/* Prints 0 without the capability. For a VF, pci_max_pasids() looks at its PF. */
void dg_features_print_pasid(struct dg_entry *entry, struct dg_text *text)
{
	dg_text_printf(text, "%d\n", max(pci_max_pasids(entry->pdev), 0));
}

void dg_features_print_pri(struct dg_entry *entry, struct dg_text *text)
{
#ifdef CONFIG_PCI_PRI
	dg_text_printf(text, "%d\n", pci_pri_supported(entry->pdev));
#else
	dg_text_printf(text, "0\n");
#endif
}

void dg_features_print_ats(struct dg_entry *entry, struct dg_text *text)
{
	dg_text_printf(text, "%d\n", pci_ats_supported(entry->pdev));
}

void dg_features_print_physfn(struct dg_entry *entry, struct dg_text *text)
{
	if (entry->physfn && !entry->physfn->dead)
		dg_text_printf(text, "%s\n", dev_name(entry->physfn->dev));
}
