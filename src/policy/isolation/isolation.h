/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Why is an IOMMU group as large as it is? For each device the causes that tie it to
 * others of its group, seen from both sides: the device below a port that does not isolate names
 * that port, and so does the port itself.
 */

#include "model/inventory.h"

enum isolation_code {
	ISOLATION_ACS_MISSING,	       /* the port @peer cannot isolate what is below it */
	ISOLATION_ACS_NOT_ENABLED,     /* it could, and that is off */
	ISOLATION_MULTIFUNCTION,       /* @peer is another function of the same device */
	ISOLATION_CONVENTIONAL_BRIDGE, /* the bridge @peer speaks for what is behind it */
	ISOLATION_DMA_ALIAS,	       /* one of them uses the other's address */
	ISOLATION_PLATFORM_PE,	       /* the platform made the group: powerpc */
	ISOLATION_UNKNOWN, /* nothing that can be read ties it to @peer, or @peer cannot be read */
	/* and where the group does not show it: */
	ISOLATION_ACS_QUIRK,	/* @peer would tie, but the kernel knows better */
	ISOLATION_PEER_TO_PEER, /* in another group, and a switch reaches it */
	ISOLATION_CODES,
};

struct isolation_cause {
	enum isolation_code code;
	char *peer; /* key of a device; "" where there is none to name */
};

/* "acs-missing" */
const char *isolation_code_to_string(enum isolation_code code);
int isolation_code_from_string(const char *s, enum isolation_code *ret) _must_check_;

/*
 * The causes of @device as struct isolation_cause, owned by the caller; none for one that is alone
 * for good reasons or in no group. They are the kernel module's where it was loaded. 0 or -ENOMEM.
 */
int isolation_find(const struct inventory *inv, const struct device *device,
		   struct vec *ret) _must_check_;
void isolation_clear(struct vec *causes);
#define _cleanup_isolation_ _cleanup_(isolation_clear)

/* Does the kernel module say so, rather than configuration space? */
static inline bool isolation_is_from_module(const struct device *device)
{
	return device->isolation || device->source;
}

/* A sentence for people about this cause of @device. Caller frees; NULL when out of memory. */
char *isolation_text(const struct inventory *inv, const struct device *device,
		     const struct isolation_cause *cause) _must_check_;
