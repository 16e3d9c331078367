/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Keeps the uses in an inventory true: told by the kernel where it tells (mounts, swap,
 * links, addresses, routes), looked up every two seconds where it does not (open files). What takes
 * long is done less often: no more than a twentieth of the time.
 */

#include <systemd/sd-event.h>

#include "base/macro.h"
#include "model/inventory.h"
#include "sys/sysfs.h"

struct usage_watch;

struct usage_watch_observer {
	/* As it is now; it may be another one next time. */
	struct inventory *(*inventory)(void *userdata);
	/*
	 * Appends the devices, of that inventory and not owned, of which open files are of
	 * interest. 0 or -ENOMEM.
	 */
	int (*list_claimable)(struct vec *devices, void *userdata);
	/* Called every time the open files have been looked up, with these devices; true if
	 * something else about them has changed. */
	bool (*open_files_polled)(const struct vec *devices, void *userdata);
	void (*changed)(void *userdata);
};

/* @root and @observer are kept by reference. 0 or negative errno. */
int usage_watch_new(sd_event *event, const struct sysfs_root *root,
		    const struct usage_watch_observer *observer, void *userdata,
		    struct usage_watch **ret) _must_check_;
struct usage_watch *usage_watch_free(struct usage_watch *watch);
DEFINE_CLEANUP(struct usage_watch *, usage_watch_freep, usage_watch_free)

/* Something that @sources (enum usage_source) tell may have changed: they are read soon. */
void usage_watch_mark(struct usage_watch *watch, unsigned sources);
/* Reads all now; the observer is told if anything is different. 0 or -ENOMEM. */
int usage_watch_read(struct usage_watch *watch) _must_check_;
/* The devices that are wanted are others now: what was being looked up is not theirs. */
void usage_watch_restart(struct usage_watch *watch);
