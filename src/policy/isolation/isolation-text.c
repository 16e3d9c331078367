/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Sentences for people about the causes of isolation. Their subject is the device that has the
 * cause.
 */

#include <string.h>

#include "base/str.h"
#include "policy/isolation/acs.h"
#include "policy/isolation/isolation.h"

static char *isolation_text_port(const struct device *device, const struct isolation_cause *cause,
				 const char *what)
{
	if (str_eq(device->key, cause->peer))
		return str_printf("This port %s, so it shares its group with all devices below it.",
				  what);
	return str_printf(
		"The port %s above it %s, so devices below it can send requests past the IOMMU.",
		cause->peer, what);
}

static char *isolation_text_bridge(const struct device *device, const struct isolation_cause *cause)
{
	if (str_eq(device->key, cause->peer))
		return strdup("This bridge to conventional PCI sends all requests from behind it "
			      "under its own address.");
	return str_printf("It is behind the bridge %s to conventional PCI, which sends all "
			  "requests from behind it under its own address.",
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
	bool unread;

	if (!*cause->peer)
		return strdup("The recording does not show what is above it (a bridge, or a "
			      "controller of VMD), so the devices of its group are not known.");
	unread = isolation_text_is_unreadable(inv, cause->peer) ||
		 (device_is_pci(device) && acs_state(device) == ACS_UNKNOWN);

	if (unread)
		return str_printf("Whether %s isolates is unknown: its configuration space was not "
				  "read far enough. Read it as root (lspci -xxxx).",
				  cause->peer);
	if (!device_is_pci(device))
		return str_printf("The kernel put it into one group with %s and gives no reason. "
				  "Devices with the same ID at the IOMMU share one group.",
				  cause->peer);
	return str_printf(
		"The kernel put it into one group with %s; configuration space shows no reason.",
		cause->peer);
}

static char *isolation_text_alias(const struct inventory *inv, const struct device *device,
				  const struct isolation_cause *cause)
{
	const struct device *peer = inventory_find(inv, cause->peer);

	if (str_eq(device->dma_owner, cause->peer))
		return str_printf("It is in the domain of the VMD controller %s, which sends its "
				  "requests under its own address.",
				  cause->peer);
	if (peer && str_eq(peer->dma_owner, device->key))
		return str_printf("As a VMD controller it sends the requests of %s under its own "
				  "address.",
				  cause->peer);
	return str_printf("It shares a DMA address with %s: a known fault of the model.",
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
		return str_printf("%s is another function of the same device, and the device does "
				  "not isolate its functions (no ACS).",
				  cause->peer);
	case ISOLATION_DMA_ALIAS:
		return isolation_text_alias(inv, device, cause);
	case ISOLATION_PLATFORM_PE:
		return strdup(
			"The firmware of the platform made this group (a partitionable endpoint).");
	case ISOLATION_ACS_QUIRK:
		return str_printf(
			"Configuration space shows no access control between it and %s, but the "
			"kernel separates them: it knows that the model isolates.",
			cause->peer);
	case ISOLATION_ACS_CLEARED:
		return str_printf(
			"The kernel separated it from other devices by the access control "
			"(ACS) of %s, which a program has turned off since: requests can "
			"pass between them without the IOMMU.",
			cause->peer);
	case ISOLATION_NO_IOMMU:
		return strdup(
			"No IOMMU is between it and memory (no-IOMMU mode of VFIO): the group "
			"isolates nothing.");
	case ISOLATION_PEER_TO_PEER:
		return str_printf(
			"It is in another group than %s, but the switch above both can pass "
			"requests between them past the IOMMU: its ports have no ACS.",
			cause->peer);
	default:
		return isolation_text_unknown(inv, device, cause);
	}
}
