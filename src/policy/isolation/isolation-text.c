/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/str.h"
#include "policy/isolation/acs.h"
#include "policy/isolation/isolation.h"

static char *isolation_text_port(const struct device *device, const struct isolation_cause *cause,
				 const char *what)
{
	if (str_eq(device->key, cause->peer))
		return str_printf("This port %s, so it shares its group with what is below it.",
				  what);
	return str_printf(
		"The port %s above it %s, so what is below can send requests past the IOMMU.",
		cause->peer, what);
}

static char *isolation_text_bridge(const struct device *device, const struct isolation_cause *cause)
{
	if (str_eq(device->key, cause->peer))
		return strdup("This bridge to conventional PCI speaks to the IOMMU for all that is "
			      "behind it.");
	return str_printf(
		"It sits behind the bridge %s to conventional PCI, which speaks to the IOMMU "
		"for all that is behind it.",
		cause->peer);
}

static bool isolation_text_is_unreadable(const struct inventory *inv, const char *key)
{
	const struct device *peer = inventory_find(inv, key);

	return peer && device_is_pci(peer) && acs_state(peer) == ACS_UNKNOWN;
}

static char *isolation_text_unknown(const struct inventory *inv, const struct device *device,
				    const struct isolation_cause *cause)
{
	bool unread = isolation_text_is_unreadable(inv, cause->peer) ||
		      (device_is_pci(device) && acs_state(device) == ACS_UNKNOWN);

	if (unread)
		return str_printf(
			"Whether %s isolates is not known: its configuration space was not "
			"read far enough (it takes root, and lspci -xxxx).",
			cause->peer);
	if (!device_is_pci(device))
		return str_printf("The kernel put it into one group with %s, and does not say why. "
				  "Devices that the "
				  "IOMMU knows by the same ID share one.",
				  cause->peer);
	return str_printf("The kernel put it into one group with %s; configuration space does not "
			  "say why.",
			  cause->peer);
}

char *isolation_text(const struct inventory *inv, const struct device *device,
		     const struct isolation_cause *cause)
{
	switch (cause->code) {
	case ISOLATION_ACS_MISSING:
		return isolation_text_port(device, cause, "has no access control (ACS)");
	case ISOLATION_ACS_NOT_ENABLED:
		return isolation_text_port(device, cause,
					   "has access control (ACS) that is turned off");
	case ISOLATION_CONVENTIONAL_BRIDGE:
		return isolation_text_bridge(device, cause);
	case ISOLATION_MULTIFUNCTION:
		return str_printf(
			"%s is another function of the same device, and the device does not "
			"keep them apart (no ACS).",
			cause->peer);
	case ISOLATION_DMA_ALIAS:
		return str_printf(
			"It shares an address for DMA with %s: a known fault of the model.",
			cause->peer);
	case ISOLATION_PLATFORM_PE:
		return strdup(
			"The platform's firmware made this group (a partitionable endpoint).");
	case ISOLATION_ACS_QUIRK:
		return str_printf(
			"Configuration space shows no access control between it and %s, but "
			"the kernel keeps them apart: it knows the model to isolate.",
			cause->peer);
	case ISOLATION_PEER_TO_PEER:
		return str_printf(
			"It is in another group than %s, but the switch above both can pass "
			"requests between them that the IOMMU never sees: its ports have no "
			"ACS.",
			cause->peer);
	default:
		return isolation_text_unknown(inv, device, cause);
	}
}
