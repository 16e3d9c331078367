// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells whether a function isolates the devices behind it, or its sister functions. The IOMMU core
 * asks pci_acs_enabled(), which is not exported to modules. Neither is the kernel's list of models
 * that isolate without ACS, but its effect shows in the groups: see isolation.c.
 */

#include "devgroups.h"

#define ACS_REQUIRED (PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF)

/* A port that is powered off does not answer. Its last answer is valid again when it is back. */
static enum dg_acs acs_read_control(struct dg_entry *entry)
{
	struct pci_dev *pdev = entry->pdev;
	u16 able, control;

	if (!pdev->acs_cap)
		return DG_ACS_MISSING;
	pci_read_config_word(pdev, pdev->acs_cap + PCI_ACS_CAP, &able);
	pci_read_config_word(pdev, pdev->acs_cap + PCI_ACS_CTRL, &control);
	if (!PCI_POSSIBLE_ERROR(able) && !PCI_POSSIBLE_ERROR(control)) {
		/* The kernel takes a control that the hardware lacks for one that is always on. */
		entry->acs_control = control | (u16)~able;
		entry->acs_known = true;
	}
	if (!entry->acs_known)
		return DG_ACS_UNKNOWN;
	return (entry->acs_control & ACS_REQUIRED) == ACS_REQUIRED ? DG_ACS_ISOLATES : DG_ACS_OFF;
}

enum dg_acs dg_acs_state(struct dg_entry *entry)
{
	struct pci_dev *pdev = entry->pdev;

	if (!pci_is_pcie(pdev))
		return DG_ACS_MISSING;
	switch (pci_pcie_type(pdev)) {
	case PCI_EXP_TYPE_ROOT_PORT:
	case PCI_EXP_TYPE_DOWNSTREAM:
		return acs_read_control(entry);
	case PCI_EXP_TYPE_ENDPOINT:
	case PCI_EXP_TYPE_LEG_END:
	case PCI_EXP_TYPE_UPSTREAM:
	case PCI_EXP_TYPE_RC_END:
		return pdev->multifunction ? acs_read_control(entry) : DG_ACS_ISOLATES;
	case PCI_EXP_TYPE_RC_EC:
	case PCI_EXP_TYPE_PCI_BRIDGE:
	case PCI_EXP_TYPE_PCIE_BRIDGE:
		return DG_ACS_MISSING;
	default:
		return DG_ACS_ISOLATES;
	}
}
