/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Returns whether a function isolates the devices behind it, or its sibling functions. Access
 * Control Services (ACS) make it send requests between peers up to the IOMMU. The answers are those
 * of the kernel (drivers/pci/pci.c, pci_acs_enabled(), for source validation, request and
 * completion redirect, upstream forwarding).
 */

#include "model/device.h"

enum acs_state {
	ACS_NOT_NEEDED,	  /* the only function of its device, no downstream port */
	ACS_ON,		  /* all implemented controls are on */
	ACS_OFF,	  /* the capability is there, but controls are off */
	ACS_MISSING,	  /* the function needs the capability and has none */
	ACS_CONVENTIONAL, /* conventional PCI, or a bridge to it: never isolates */
	ACS_UNKNOWN,	  /* configuration space is not known far enough */
};

/* Returns the state that configuration space shows, without quirks. */
enum acs_state acs_state(const struct device *device);

static inline bool acs_state_isolates(enum acs_state state)
{
	return state == ACS_NOT_NEEDED || state == ACS_ON;
}

/* Looks the model up in the list of the kernel: 1 isolates, 0 does not, -1 not listed. */
int acs_quirk(const struct device *device);

/* Returns whether configuration space has an ACS capability; false: it has none, or not known. */
bool acs_has_capability(const struct device *device);

/* Returns whether @device isolates, from its quirk if there is one, else from its state. */
bool acs_isolates(const struct device *device);
/* The same, in the kernel of version @rules (kernel-rules.h). */
bool acs_isolates_by(const struct device *device, unsigned rules);

/* Returns whether devices behind @bridge reach the IOMMU under its address. */
bool acs_bridge_aliases(const struct device *bridge);

/*
 * Returns whether @a uses the address of @b, another device on its bus, by the list of the kernel.
 */
bool acs_is_alias(const struct device *a, const struct device *b);
/* Returns whether @device may be an alias of others. Cheaper than to ask for each. */
bool acs_has_aliases(const struct device *device);
/* The same, in the kernel of version @rules (kernel-rules.h). */
bool acs_has_aliases_by(const struct device *device, unsigned rules);
/* Returns whether it has aliases on its bus that nothing here can know. */
bool acs_hides_aliases(const struct device *device);
/* Returns whether it may be an alias of devices in other slots of its bus. */
bool acs_has_aliases_beyond_slot(const struct device *device);

/*
 * Returns 1 if one of the controls that @device implements is on, 0 if all are off, -1 if it has
 * none or they are not known. The kernel turns all on when an IOMMU is (pci_std_enable_acs()).
 */
int acs_any_control(const struct device *device);
