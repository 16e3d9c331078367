/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Facts of the kernel on single models, which configuration space does not show. The ids are those
 * of drivers/pci/quirks.c in Linux 7.2 (pci_dev_acs_enabled[], pci_disable_broken_acs_cap(),
 * quirk_dma_func0_alias() and the other quirks with aliases). The kernel adds a few each year, and
 * older kernels lack the newest. Only acs.c includes this.
 */

#include "model/device.h"

#define ACS_SOURCE_VALIDATION 0x01

/* The offset of the control register in chipsets whose ACS registers are 32 bits wide. */
#define ACS_CTRL_DWORDS 8

enum acs_verdict {
	ACS_RULE_ISOLATES,
	ACS_RULE_SHARES, /* only the listed models of this vendor isolate */
	ACS_RULE_DWORDS, /* the model has the capability, with 32-bit registers */
};

struct acs_rule {
	uint16_t vendor;
	uint16_t first, last; /* device ids: every @step-th of them */
	uint8_t step;
	uint8_t where; /* enum acs_place in acs-quirks.c */
	uint8_t verdict;
};

/*
 * Returns the rule for the model of @device in the kernel of version @rules (kernel-rules.h), or
 * NULL. @type: pcicap_express_type().
 */
const struct acs_rule *acs_quirks_find_rule(const struct device *device, int type, unsigned rules);
/*
 * Returns the controls that the kernel treats as not implemented, because they do not work on this
 * model, in the version @rules.
 */
uint16_t acs_quirks_broken_controls(const struct device *device, unsigned rules);
/* Returns whether the model of @device may use the addresses of other devices on its bus. */
bool acs_quirks_has_aliases(const struct device *device);
/*
 * Returns whether the model has aliases on its bus that configuration space does not show: the
 * non-transparent bridge of a Switchtec switch has them in memory-mapped registers
 * (quirk_switchtec_ntb_dma_alias()).
 */
bool acs_quirks_hides_aliases(const struct device *device);
/* Returns whether these may be in other slots. Cheap. */
bool acs_quirks_spans_slots(const struct device *device);
/* Returns whether @device, at @own, uses the address @other too, which is on the same bus. */
bool acs_quirks_is_alias(const struct device *device, const struct pciaddr *own,
			 const struct pciaddr *other);
