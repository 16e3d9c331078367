/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Why each device shares its IOMMU group, as it was last told: what comes, goes and moves elsewhere
 * changes it without an event of the device's own.
 */

#include "model/inventory.h"

struct isolation_watch;

struct isolation_watch *isolation_watch_new(void); /* NULL when out of memory */
struct isolation_watch *isolation_watch_free(struct isolation_watch *watch);

/* The host is wired otherwise than before; or so it may be, for a device that has changed. */
void isolation_watch_invalidate(struct isolation_watch *watch);
void isolation_watch_device_changed(struct isolation_watch *watch, const struct device *device);

/*
 * Does nothing unless marked. @changed is called for each device that is tied otherwise than it was
 * at the last time, but not for those that are new. 0 or -ENOMEM.
 */
int isolation_watch_refresh(struct isolation_watch *watch, const struct inventory *inv,
			    void (*changed)(const struct device *device, void *userdata),
			    void *userdata) _must_check_;
