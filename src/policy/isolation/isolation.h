/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Finds the causes of the size of an IOMMU group. Each device has the causes that tie it to others
 * of its group, seen from both sides: the device below a port that does not isolate names that
 * port, and so does the port itself.
 */

#include "model/inventory.h"

enum isolation_code {
	ISOLATION_ACS_MISSING,	       /* the port @peer cannot isolate the devices below it */
	ISOLATION_ACS_NOT_ENABLED,     /* the port @peer could isolate, but its ACS is off */
	ISOLATION_MULTIFUNCTION,       /* @peer is another function of the same device */
	ISOLATION_CONVENTIONAL_BRIDGE, /* the bridge @peer sends requests under its own address */
	ISOLATION_DMA_ALIAS,	       /* one device uses the address of the other */
	ISOLATION_PLATFORM_PE,	       /* the platform made the group: powerpc */
	ISOLATION_UNKNOWN, /* no readable register ties it to @peer, or @peer cannot be read */
	/* and codes that do not explain the size of the group: */
	ISOLATION_ACS_QUIRK,	/* @peer would tie, but the kernel knows that it isolates */
	ISOLATION_ACS_CLEARED,	/* @peer isolated for the kernel, but its ACS is off now */
	ISOLATION_PEER_TO_PEER, /* @peer is in another group, and a switch reaches it */
	ISOLATION_NO_IOMMU,	/* no IOMMU is between the device and memory */
	ISOLATION_CODES,
};

struct isolation_cause {
	enum isolation_code code;
	char *peer; /* key of a device; "" if the cause names none */
};

/* Convert a code to its static word, "acs-missing", and back. -EINVAL for another word. */
const char *isolation_code_to_string(enum isolation_code code);
int isolation_code_from_string(const char *s, enum isolation_code *ret) _must_check_;

/*
 * Finds the causes of @device: struct isolation_cause, owned by the caller. None if the device is
 * alone for good reasons, or in no group. The causes of the kernel module count if it was loaded. 0
 * or -ENOMEM.
 */
int isolation_find(const struct inventory *inv, const struct device *device,
		   struct vec *ret) _must_check_;
void isolation_clear(struct vec *causes);
#define _cleanup_isolation_ _cleanup_(isolation_clear)

/* Returns whether the causes come from the kernel module instead of configuration space. */
static inline bool isolation_is_from_module(const struct device *device)
{
	return device->isolation || device->source;
}

/*
 * Returns a sentence for people about one cause of @device; the caller frees it. NULL when out of
 * memory.
 */
char *isolation_text(const struct inventory *inv, const struct device *device,
		     const struct isolation_cause *cause) _must_check_;
