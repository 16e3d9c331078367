/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * All that is found out about one device for who is going to use it, in one piece:
 * "dma" (dmafacts.h), "mmio" (mmiofacts.h), "pasid" and "virtual-capabilities" (pasidfacts.h).
 */

#include "model/facts.h"
#include "model/inventory.h"

struct device_facts;

/* Looks at @inv, kept by reference, once for all its devices. NULL when out of memory. */
struct device_facts *device_facts_new(const struct inventory *inv);
struct device_facts *device_facts_free(struct device_facts *device_facts);
DEFINE_CLEANUP(struct device_facts *, device_facts_freep, device_facts_free)
#define _cleanup_device_facts_ _cleanup_(device_facts_freep)

/* Adds to @facts a dict for each of the above that there is something to tell of. 0 or -ENOMEM. */
int device_facts_add(const struct device_facts *device_facts, const struct device *device,
		     struct vec *facts) _must_check_;

/* One of them alone, by name; empty if there is nothing to tell. 0 or -ENOMEM. */
int device_facts_get(const struct inventory *inv, const struct device *device, const char *name,
		     struct vec *facts) _must_check_;
