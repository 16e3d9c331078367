/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Why each device shares its IOMMU group, as it was last told: what comes, goes and moves elsewhere
 * changes it without an event of the device's own.
 */

#include "model/inventory.h"

struct causes;

struct causes *causes_new(void); /* NULL when out of memory */
struct causes *causes_free(struct causes *causes);

/* The host is wired otherwise than before; or so it may be, for a device that has changed. */
void causes_mark(struct causes *causes);
void causes_mark_if_moved(struct causes *causes, const struct device *device);

/*
 * Does nothing unless marked. @changed is called for each device that is tied otherwise than it was at the
 * last time, but not for those that are new. 0 or -ENOMEM.
 */
int causes_refresh(struct causes *causes, const struct inventory *inv,
		   void (*changed)(const struct device *device, void *userdata),
		   void *userdata) _must_check_;
