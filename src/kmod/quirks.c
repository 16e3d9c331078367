// SPDX-License-Identifier: GPL-2.0-only
/* Peculiarities of a device that the kernel knows, a word for each. */

#include "devgroups.h"

static const struct {
	pci_dev_flags_t flag;
	const char *word;
} quirk_flags[] = {
	{ PCI_DEV_FLAGS_NO_BUS_RESET, "no-bus-reset" },
	{ PCI_DEV_FLAGS_NO_PM_RESET, "no-pm-reset" },
	{ PCI_DEV_FLAGS_NO_FLR_RESET, "no-flr-reset" },
	{ PCI_DEV_FLAGS_NO_D3, "no-d3" },
	{ PCI_DEV_FLAGS_ACS_ENABLED_QUIRK, "acs-quirk" },
	{ PCI_DEV_FLAG_PCIE_BRIDGE_ALIAS, "bridge-alias" },
	{ PCI_DEV_FLAGS_BRIDGE_XLATE_ROOT, "translation-root" },
#ifdef DG_BRIDGE_NO_ALIAS
	{ PCI_DEV_FLAGS_PCI_BRIDGE_NO_ALIAS, "no-bridge-alias" },
#endif
	{ PCI_DEV_FLAGS_VPD_REF_F0, "vpd-of-function-0" },
	{ PCI_DEV_FLAGS_NO_RELAXED_ORDERING, "no-relaxed-ordering" },
};

void dg_quirks_print(struct dg_entry *entry, struct dg_text *text)
{
	struct pci_dev *pdev = entry->pdev;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(quirk_flags); i++)
		if (pdev->dev_flags & quirk_flags[i].flag)
			dg_text_printf(text, "%s\n", quirk_flags[i].word);
	if (pdev->no_command_memory)
		dg_text_printf(text, "no-command-memory\n");
	if (pdev->broken_intx_masking)
		dg_text_printf(text, "broken-intx-masking\n");
	if (pdev->non_compliant_bars)
		dg_text_printf(text, "non-compliant-bars\n");
	if (pdev->no_msi)
		dg_text_printf(text, "no-msi\n");
	if (pdev->untrusted)
		dg_text_printf(text, "untrusted\n");
}
