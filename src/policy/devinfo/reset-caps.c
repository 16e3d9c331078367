/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reads the resets of a function from its capabilities, by the rules of the kernel
 * (drivers/pci/pci.c: pcie_reset_flr(), pci_af_flr(), pci_pm_reset()).
 */

#include <errno.h>

#include "base/str.h"
#include "policy/devinfo/pcicap.h"
#include "policy/devinfo/reset-caps.h"

#define EXPRESS_DEVCAP 4 /* offsets in the capabilities */
#define AF_CAPABILITIES 3
#define PM_CONTROL 4

static const struct {
	const char *method;
	enum pcicap_id capability;
	size_t at;	      /* of a register of 32 bits in the capability */
	uint32_t mask, value; /* the method is offered if the masked register has this value */
} reset_caps_methods[] = {
	{ "flr", PCICAP_EXPRESS, EXPRESS_DEVCAP, 1u << 28, 1u << 28 },
	{ "af_flr", PCICAP_AF, AF_CAPABILITIES, 0x03, 0x03 }, /* transactions pending, and FLR */
	{ "pm", PCICAP_PM, PM_CONTROL, 0x08, 0 },	      /* without "no soft reset" */
};

int reset_caps_offer(const struct device *device, const char *method)
{
	for (size_t i = 0; i < ARRAY_SIZE(reset_caps_methods); i++) {
		int found;
		size_t at;

		if (!str_eq(reset_caps_methods[i].method, method))
			continue;
		found = pcicap_find(device, reset_caps_methods[i].capability);
		if (found <= 0)
			return found;
		at = (size_t)found + reset_caps_methods[i].at;
		/* AF ends with its sixth byte, perhaps at the end of what is known */
		if (at >= device->config_size)
			return -ENODATA;
		return (pcicap_u32(device, at) & reset_caps_methods[i].mask) ==
		       reset_caps_methods[i].value;
	}
	return 0;
}
