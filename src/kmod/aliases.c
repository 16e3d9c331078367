// SPDX-License-Identifier: GPL-2.0-only
/*
 * The requester ids under which the IOMMU sees a device. pci_for_each_dma_alias() is not exported
 * to modules: compare this file with it for each new kernel.
 */

#include <linux/bitmap.h>

#include "devgroups.h"

#define FUNCTIONS_PER_BUS 256

static void aliases_print_id(struct dg_text *text, int domain, unsigned int bus, unsigned int devfn)
{
	dg_text_printf(text, "%04x:%02x:%02x.%d\n", domain, bus, PCI_SLOT(devfn), PCI_FUNC(devfn));
}

/* All devices behind Intel's VMD use the requester id of the VMD itself. */
static struct pci_dev *aliases_requester(struct pci_dev *pdev)
{
#if defined(CONFIG_X86) && IS_ENABLED(CONFIG_VMD)
	if (is_vmd(pdev->bus))
		return to_pci_sysdata(pdev->bus)->vmd_dev;
#endif
	return pdev;
}

static bool aliases_is_conventional(struct pci_dev *pdev)
{
	return !pci_is_pcie(pdev) || pci_pcie_type(pdev) == PCI_EXP_TYPE_PCI_BRIDGE ||
	       pci_pcie_type(pdev) == PCI_EXP_TYPE_PCIE_BRIDGE;
}

static bool aliases_bridge_is_exempt(struct pci_dev *pdev)
{
#ifdef DG_BRIDGE_NO_ALIAS
	return !pci_is_pcie(pdev) && (pdev->dev_flags & PCI_DEV_FLAGS_PCI_BRIDGE_NO_ALIAS);
#else
	return false;
#endif
}

/* Tells whether devices behind this bridge reach the IOMMU under an id of the bridge. */
bool dg_aliases_by_bridge(const struct dg_entry *bridge)
{
	struct pci_dev *pdev = bridge->pdev;

	return pci_is_bridge(pdev) && aliases_is_conventional(pdev) &&
	       !aliases_bridge_is_exempt(pdev) &&
	       !(pdev->dev_flags & PCI_DEV_FLAGS_BRIDGE_XLATE_ROOT);
}

static bool aliases_mask_has(const struct dg_entry *a, const struct dg_entry *b)
{
	const unsigned long *mask = a->pdev->dma_alias_mask;

	return mask && a->bus == b->bus && a->domain == b->domain && test_bit(b->devfn, mask);
}

bool dg_aliases_between(const struct dg_entry *a, const struct dg_entry *b)
{
	return aliases_mask_has(a, b) || aliases_mask_has(b, a);
}

static bool aliases_uses_far_side(struct pci_dev *pdev)
{
	if (pci_is_pcie(pdev))
		return pci_pcie_type(pdev) == PCI_EXP_TYPE_PCI_BRIDGE;
	return pdev->dev_flags & PCI_DEV_FLAG_PCIE_BRIDGE_ALIAS;
}

/* Some bridges use the id of device 00.0 on @behind, the bus on their far side. */
static void aliases_print_bridge(struct dg_text *text, const struct dg_entry *bridge, u8 behind)
{
	if (aliases_uses_far_side(bridge->pdev))
		aliases_print_id(text, bridge->domain, behind, 0);
	else
		aliases_print_id(text, bridge->domain, bridge->bus, bridge->devfn);
}

void dg_aliases_print(struct dg_entry *entry, struct dg_text *text)
{
	struct pci_dev *pdev = aliases_requester(entry->pdev);
	const unsigned long *mask = pdev->dma_alias_mask;
	u8 behind = entry->physfn ? entry->physfn->bus : entry->bus;
	struct dg_entry *bridge;
	unsigned int devfn;

	aliases_print_id(text, pci_domain_nr(pdev->bus), pdev->bus->number, pdev->devfn);
	if (mask)
		for_each_set_bit(devfn, mask, FUNCTIONS_PER_BUS)
			aliases_print_id(text, pci_domain_nr(pdev->bus), pdev->bus->number, devfn);
	if (pdev != entry->pdev)
		return;
	for (bridge = entry->parent; bridge && !bridge->dead; bridge = bridge->parent) {
		if (bridge->pdev->dev_flags & PCI_DEV_FLAGS_BRIDGE_XLATE_ROOT)
			return;
		if (dg_aliases_by_bridge(bridge))
			aliases_print_bridge(text, bridge, behind);
		behind = bridge->bus;
	}
}
