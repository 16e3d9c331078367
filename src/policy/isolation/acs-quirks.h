/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Inside acs.c only. What the kernel knows of models beyond their configuration space. The
 * ids are those of drivers/pci/quirks.c in Linux 6.18 (pci_dev_acs_enabled[],
 * quirk_dma_func0_alias, quirk_dma_func1_alias); they grow by a few a year, and older kernels lack
 * the newest.
 */

#include "model/device.h"

#define ACS_CTRL_DWORDS                                                          \
	8 /* where the control register is in chipsets that made dwords of words \
	   */

enum acs_verdict {
	ACS_RULE_ISOLATES,
	ACS_RULE_SHARES, /* only the listed models of this vendor isolate */
	ACS_RULE_DWORDS, /* has the capability, with registers of another width */
};

struct acs_rule {
	uint16_t vendor;
	uint16_t first, last; /* device ids, every @step of them */
	uint8_t step;
	uint8_t where; /* enum acs_place in acs-quirks.c */
	uint8_t verdict;
};

/* @type: pcicap_express_type(). NULL: nothing is known of this model. */
const struct acs_rule *acs_quirks_find_rule(const struct device *device, int type);
/* The function whose address @device uses besides its own; -1: none. */
int acs_quirks_alias_function(const struct device *device);
