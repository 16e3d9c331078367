/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * All that is found out about one device for who is going to use it, in one piece:
 * "dma" (dmafacts.h), "mmio" (mmiofacts.h), "pasid" and "virtual-capabilities" (pasidfacts.h).
 */

#include "model/facts.h"
#include "model/inventory.h"

struct devfacts;

/* Looks at @inv, kept by reference, once for all its devices. NULL when out of memory. */
struct devfacts *devfacts_new(const struct inventory *inv);
struct devfacts *devfacts_free(struct devfacts *devfacts);
DEFINE_CLEANUP(struct devfacts *, devfacts_freep, devfacts_free)
#define _cleanup_devfacts_ _cleanup_(devfacts_freep)

/* Adds to @facts a dict for each of the above that there is something to tell of. 0 or -ENOMEM. */
int devfacts_add(const struct devfacts *devfacts, const struct device *device,
		 struct vec *facts) _must_check_;

/* One of them alone, by name; empty if there is nothing to tell. 0 or -ENOMEM. */
int devfacts_get(const struct inventory *inv, const struct device *device, const char *name,
		 struct vec *facts) _must_check_;
