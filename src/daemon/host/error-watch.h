/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Keeps the ErrorState of devices up to date. It handles the events of the kernel. It also checks
 * each second what makes no event: counters of corrected errors, DPC, EEH.
 */

#include <systemd/sd-event.h>

#include "base/macro.h"
#include "model/inventory.h"
#include "sys/sysfs.h"

struct error_watch;

struct error_watch_observer {
	struct inventory *(*inventory)(void *userdata);
	/* Appends the devices, not owned, to check each second. 0 or -ENOMEM. */
	int (*list_error_watched)(struct vec *devices, void *userdata);
	/* Reports a change of the counters and, with @state_too, of the state. */
	void (*changed)(const struct device *device, bool state_too, void *userdata);
	/* Called after one or more calls of changed(). */
	void (*inventory_changed)(void *userdata);
};

/*
 * Checks at once, and again from then on. @root and @observer are kept by reference. 0 or negative
 * errno.
 */
int error_watch_new(sd_event *event, const struct sysfs_root *root,
		    const struct error_watch_observer *observer, void *userdata,
		    struct error_watch **ret) _must_check_;
struct error_watch *error_watch_free(struct error_watch *watch);
DEFINE_CLEANUP(struct error_watch *, error_watch_freep, error_watch_free)

/*
 * Handles an event of @key. A port that the kernel gives up takes the devices below it with it.
 * Does not call inventory_changed().
 */
void error_watch_event(struct error_watch *watch, const char *key, enum error_event event);
