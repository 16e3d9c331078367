/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Keeps the uses in an inventory true: told by the kernel where it tells (mounts, swap,
 * links, addresses, routes), looked up every two seconds where it does not (open files). What takes
 * long is done less often: no more than a twentieth of the time.
 */

#include <systemd/sd-event.h>

#include "model/inventory.h"
#include "sys/sysfs.h"

struct usewatch;

struct usewatch_observer {
	/* As it is now; it may be another one next time. */
	struct inventory *(*inventory)(void *userdata);
	/*
	 * Appends the devices, of that inventory and not owned, of which open files are of
	 * interest. 0 or -ENOMEM.
	 */
	int (*wanted)(struct vec *devices, void *userdata);
	/* Called every time the open files have been looked up, with these devices; true if something else about them has changed. */
	bool (*polled)(const struct vec *devices, void *userdata);
	void (*changed)(void *userdata);
};

/* @root and @observer are kept by reference. 0 or negative errno. */
int usewatch_new(sd_event *event, const struct sysroot *root,
		 const struct usewatch_observer *observer, void *userdata,
		 struct usewatch **ret) _must_check_;
struct usewatch *usewatch_free(struct usewatch *watch);

/* Something that @sources (enum use_source) tell may have changed: they are read soon. */
void usewatch_mark(struct usewatch *watch, unsigned sources);
/* Reads all now; the observer is told if anything is different. 0 or -ENOMEM. */
int usewatch_read(struct usewatch *watch) _must_check_;
/* The devices that are wanted are others now: what was being looked up is not theirs. */
void usewatch_restart(struct usewatch *watch);
