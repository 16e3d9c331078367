/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Remembers the published isolation causes of each device, to find those that change. A device that
 * comes, goes or moves changes the causes of others, which then have no event.
 */

#include "model/inventory.h"

struct isolation_watch;

struct isolation_watch *isolation_watch_new(void); /* NULL: out of memory */
struct isolation_watch *isolation_watch_free(struct isolation_watch *watch);

/* Has the next refresh read all causes: devices came or went. */
void isolation_watch_invalidate(struct isolation_watch *watch);
/* Does the same if the device is new, or in another IOMMU group than before. */
void isolation_watch_device_changed(struct isolation_watch *watch, const struct device *device);

/*
 * Reads the causes of all devices, if one of the calls above has asked for it. Calls @changed for
 * each device that was known before and has other causes now. 0 or -ENOMEM.
 */
int isolation_watch_refresh(struct isolation_watch *watch, const struct inventory *inv,
			    void (*changed)(const struct device *device, void *userdata),
			    void *userdata) _must_check_;
