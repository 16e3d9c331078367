// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells whether a function isolates the devices behind it, or its sister functions. The IOMMU core
 * asks pci_acs_enabled(), which is not exported to modules. Neither is the kernel's list of models
 * that isolate without ACS, but its effect shows in the groups: see isolation.c.
 *
 * The control register is read when a device gets its group, and from time to time (poll.c). The
 * readers of files never read it.
 */

#include <linux/jiffies.h>

#include "devgroups.h"

#define ACS_REQUIRED (PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF)

/* A reset ends, and the state is restored, in less time. */
#define ACS_CONFIRM msecs_to_jiffies(1000)

enum acs_kind { ACS_ALWAYS, ACS_NEVER, ACS_BY_CONTROL };

static enum acs_kind acs_kind(struct pci_dev *pdev)
{
	enum acs_kind by_capability = pdev->acs_cap ? ACS_BY_CONTROL : ACS_NEVER;

	if (!pci_is_pcie(pdev))
		return ACS_NEVER;
	switch (pci_pcie_type(pdev)) {
	case PCI_EXP_TYPE_ROOT_PORT:
	case PCI_EXP_TYPE_DOWNSTREAM:
		return by_capability;
	case PCI_EXP_TYPE_ENDPOINT:
	case PCI_EXP_TYPE_LEG_END:
	case PCI_EXP_TYPE_UPSTREAM:
	case PCI_EXP_TYPE_RC_END:
		return pdev->multifunction ? by_capability : ACS_ALWAYS;
	case PCI_EXP_TYPE_RC_EC:
	case PCI_EXP_TYPE_PCI_BRIDGE:
	case PCI_EXP_TYPE_PCIE_BRIDGE:
		return ACS_NEVER;
	default:
		return ACS_ALWAYS;
	}
}

/*
 * Returns false if the device does not answer: it is powered off, or a reset is in progress. Its
 * last answer is valid again afterwards.
 */
static bool acs_read(struct pci_dev *pdev, u16 *ret)
{
	u16 able, control;

	if (pdev->block_cfg_access)
		return false;
	pci_read_config_word(pdev, pdev->acs_cap + PCI_ACS_CAP, &able);
	pci_read_config_word(pdev, pdev->acs_cap + PCI_ACS_CTRL, &control);
	if (PCI_POSSIBLE_ERROR(able) || PCI_POSSIBLE_ERROR(control))
		return false;
	*ret = control | (u16)~able;
	return true;
}

static void acs_accept(struct dg_acs_control *acs, u16 value)
{
	acs->known = true;
	acs->value = value;
	acs->differs = false;
}

/* Accepts a value that the register has had for a while. Returns whether it is a new one. */
static bool acs_confirm(struct dg_acs_control *acs, u16 value)
{
	if (!acs->known) {
		acs_accept(acs, value);
		return true;
	}
	if (value == acs->value) {
		acs->differs = false;
		return false;
	}
	if (!acs->differs || acs->other != value) {
		acs->differs = true;
		acs->other = value;
		acs->since = jiffies;
		return false;
	}
	if (time_before(jiffies, acs->since + ACS_CONFIRM))
		return false;
	acs_accept(acs, value);
	return true;
}

/*
 * Reads the control register. Returns whether a new value was confirmed. Sets *ret_again if there
 * is one to confirm.
 */
bool dg_acs_sample(struct dg_entry *entry, bool *ret_again)
{
	bool changed;
	u16 value;

	lockdep_assert_held(&dg_registry_lock);
	if (!entry->pdev || acs_kind(entry->pdev) != ACS_BY_CONTROL)
		return false;
	if (!acs_read(entry->pdev, &value))
		return false;
	changed = acs_confirm(&entry->acs, value);
	*ret_again |= entry->acs.differs;
	return changed;
}

enum dg_acs dg_acs_state(struct dg_entry *entry)
{
	switch (acs_kind(entry->pdev)) {
	case ACS_ALWAYS:
		return DG_ACS_ISOLATES;
	case ACS_NEVER:
		return DG_ACS_MISSING;
	default:
		break;
	}
	if (!entry->acs.known)
		return DG_ACS_UNKNOWN;
	return (entry->acs.value & ACS_REQUIRED) == ACS_REQUIRED ? DG_ACS_ISOLATES : DG_ACS_OFF;
}

/* Takes the value at once: the kernel has just decided on it, too. */
static enum dg_acs acs_state_now(struct dg_entry *entry)
{
	u16 value;

	if (acs_kind(entry->pdev) == ACS_BY_CONTROL && acs_read(entry->pdev, &value))
		acs_accept(&entry->acs, value);
	return dg_acs_state(entry);
}

/* Notes the states on which the kernel has decided that @entry belongs to its group. */
void dg_acs_note_join(struct dg_entry *entry)
{
	struct dg_entry *bridge, *child;

	lockdep_assert_held(&dg_registry_lock);
	if (!entry->pdev)
		return;
	entry->acs_joined = acs_state_now(entry);
	list_for_each_entry(child, &entry->children, sibling)
		if (dg_registry_same_group(child, entry))
			entry->acs_tied = entry->acs_joined;
	for (bridge = entry->parent; bridge && !bridge->dead; bridge = bridge->parent) {
		enum dg_acs state = acs_state_now(bridge);

		if (dg_registry_same_group(entry, bridge))
			bridge->acs_tied = state;
	}
}
