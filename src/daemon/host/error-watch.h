/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Keeps the ErrorState of devices true: by the kernel's events, and by looking at what makes none (counters of corrected
 * errors, DPC, EEH) of the devices that somebody wants to know about.
 */

#include <systemd/sd-event.h>

#include "base/macro.h"
#include "model/inventory.h"
#include "sys/sysfs.h"

struct errorwatch;

struct errorwatch_observer {
	struct inventory *(*inventory)(void *userdata);
	/* Appends the devices, not owned, that are worth a look each second. 0 or -ENOMEM. */
	int (*watched)(struct vec *devices, void *userdata);
	/* @state_too: not only its counters. */
	void (*changed)(const struct device *device, bool state_too, void *userdata);
	/* After one or more of those. */
	void (*settled)(void *userdata);
};

/* Looks at once, and from then on. 0 or negative errno. */
int errorwatch_new(sd_event *event, const struct sysroot *root,
		   const struct errorwatch_observer *observer, void *userdata,
		   struct errorwatch **ret) _must_check_;
struct errorwatch *errorwatch_free(struct errorwatch *watch);

/* The kernel has told of @key; a port that it has given up takes along what is below. Does not settle. */
void errorwatch_event(struct errorwatch *watch, const char *key, enum error_event event);
