/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Keeps the ErrorState of devices true: by the kernel's events, and by looking at what makes none
 * (counters of corrected errors, DPC, EEH) of the devices that somebody wants to know about.
 */

#include <systemd/sd-event.h>

#include "base/macro.h"
#include "model/inventory.h"
#include "sys/sysfs.h"

struct error_watch;

struct error_watch_observer {
	struct inventory *(*inventory)(void *userdata);
	/* Appends the devices, not owned, that are worth a look each second. 0 or -ENOMEM. */
	int (*list_error_watched)(struct vec *devices, void *userdata);
	/* @state_too: not only its counters. */
	void (*changed)(const struct device *device, bool state_too, void *userdata);
	/* After one or more of those. */
	void (*inventory_changed)(void *userdata);
};

/* Looks at once, and from then on. 0 or negative errno. */
int error_watch_new(sd_event *event, const struct sysfs_root *root,
		    const struct error_watch_observer *observer, void *userdata,
		    struct error_watch **ret) _must_check_;
struct error_watch *error_watch_free(struct error_watch *watch);
DEFINE_CLEANUP(struct error_watch *, error_watch_freep, error_watch_free)

/* The kernel has told of @key; a port that it has given up takes along what is below. Does not
 * settle. */
void error_watch_event(struct error_watch *watch, const char *key, enum error_event event);
