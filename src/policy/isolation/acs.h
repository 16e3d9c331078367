/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Does a function keep what is behind it, or its sister functions, apart? Access
 * Control Services make it send requests between peers up to the IOMMU. The answers are those of
 * the kernel (drivers/pci/pci.c, pci_acs_enabled(), for source validation, request and completion
 * redirect, upstream forwarding).
 */

#include "model/device.h"

enum acs_state {
	ACS_NOT_NEEDED,	  /* the only function of its device, no downstream port */
	ACS_ON,		  /* it has the capability, and what it has of it is on */
	ACS_OFF,	  /* it has the capability, and somebody left it off */
	ACS_MISSING,	  /* it needs the capability and has none */
	ACS_CONVENTIONAL, /* conventional PCI, or a bridge to it: never */
	ACS_UNKNOWN,	  /* configuration space is not known far enough */
};

/* What configuration space says. */
enum acs_state acs_state(const struct device *device);

static inline bool acs_state_isolates(enum acs_state state)
{
	return state == ACS_NOT_NEEDED || state == ACS_ON;
}

/*
 * The kernel's list of models that isolate otherwise: 1 it does, 0 it does not, -1 not in the list.
 */
int acs_quirk(const struct device *device);

/* What the kernel makes of both. */
bool acs_isolates(const struct device *device);

/* Does what is behind this bridge reach the IOMMU under the bridge's own address? */
bool acs_bridge_aliases(const struct device *bridge);

/*
 * The kernel's list of devices that use the address of another function of theirs: does @a that of
 * @b?
 */
bool acs_is_alias(const struct device *a, const struct device *b);
