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

/* Marks all causes for a new look: devices came or went. */
void isolation_watch_invalidate(struct isolation_watch *watch);
/* Marks them if the device is new or in another IOMMU group than before. */
void isolation_watch_device_changed(struct isolation_watch *watch, const struct device *device);

/*
 * Reads the causes of all devices, if they are marked. @changed is called for each known device
 * with other causes than before. 0 or -ENOMEM.
 */
int isolation_watch_refresh(struct isolation_watch *watch, const struct inventory *inv,
			    void (*changed)(const struct device *device, void *userdata),
			    void *userdata) _must_check_;
