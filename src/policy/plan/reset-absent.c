/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/str.h"
#include "base/strv.h"
#include "policy/devinfo/pcicap.h"
#include "policy/devinfo/reset-caps.h"
#include "policy/plan/reset-absent.h"

/* A reset that the capabilities of a function offer. */
static const char *reset_absent_find_capability(const struct device *device, const char *method,
						bool *ret_known)
{
	int offer = reset_caps_offer(device, method);

	*ret_known = offer >= 0;
	if (offer < 0)
		return "the recording ends before the capability that would show it";
	if (offer > 0)
		return "its capabilities have it, but the kernel does not offer it";
	if (str_eq(method, "flr"))
		return pcicap_find(device, PCICAP_EXPRESS) > 0 ?
			       "its PCI Express capability has no function level reset" :
			       "it has no PCI Express capability";
	if (str_eq(method, "af_flr"))
		return pcicap_find(device, PCICAP_AF) > 0 ?
			       "its Advanced Features capability has no function level reset" :
			       "it has no Advanced Features capability";
	return pcicap_find(device, PCICAP_PM) > 0 ? "it keeps its state in D3hot (NoSoftRst+)" :
						    "it has no power management capability";
}

static const char *reset_absent_find_bus(const struct device *device)
{
	if (device->physfn)
		return "a virtual function has no bus of its own";
	if (!device->parent)
		return "no bridge above it could reset its bus";
	return "the kernel does not offer it";
}

const char *reset_absent_find_reason(const struct inventory *inv, const struct device *device,
				     const char *method, bool *ret_known)
{
	bool is_dump = inventory_is_dump(inv);

	*ret_known = true;
	if (strv_contains(device->reset_methods, method) || str_eq(method, "slot"))
		return NULL;
	if (!device->reset_methods && !device->no_reset && !device->more_resets)
		return NULL;
	if (str_eq(method, "flr") || str_eq(method, "af_flr") || str_eq(method, "pm"))
		return reset_absent_find_capability(device, method, ret_known);
	if (str_eq(method, "bus"))
		return reset_absent_find_bus(device);
	if (str_eq(method, "device_specific"))
		return "the kernel has none for this model";
	*ret_known = !is_dump;
	if (str_eq(method, "acpi"))
		return is_dump ? "a dump does not show whether the firmware has a _RST method" :
				 "the firmware has no _RST method for it";
	return is_dump ? "a dump does not show whether a CXL port is above it" :
			 "no CXL port is above it";
}
