/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * All facts about one device for its user, by part: "dma" (dma-facts.h), "mmio" (mmio-facts.h),
 * "pasid" and "virtual-capabilities" (pasid-facts.h).
 */

#include "model/facts.h"
#include "model/inventory.h"

struct device_facts;

/* Prepares facts about the devices of @inv, which is kept by reference. NULL when out of memory. */
struct device_facts *device_facts_new(const struct inventory *inv);
struct device_facts *device_facts_free(struct device_facts *device_facts);
DEFINE_CLEANUP(struct device_facts *, device_facts_freep, device_facts_free)
#define _cleanup_device_facts_ _cleanup_(device_facts_freep)

/* Adds to @facts a dict for each part that has facts about @device. 0 or -ENOMEM. */
int device_facts_add(const struct device_facts *device_facts, const struct device *device,
		     struct vec *facts) _must_check_;

/*
 * Adds to @facts one part alone, by name; nothing if it has no facts. 0, -ENOMEM, or -ENOENT for
 * another name.
 */
int device_facts_get(const struct inventory *inv, const struct device *device, const char *name,
		     struct vec *facts) _must_check_;
