/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Keeps the usage in an inventory up to date. The kernel reports mounts, swap, links, addresses and
 * routes. Open files are read every two seconds, or less often: reading takes at most a twentieth
 * of the time.
 */

#include <systemd/sd-event.h>

#include "base/macro.h"
#include "model/inventory.h"
#include "sys/sysfs.h"

struct usage_watch;

struct usage_watch_observer {
	/* Returns the current inventory. A later call may return another. */
	struct inventory *(*inventory)(void *userdata);
	/*
	 * Appends the devices of that inventory, not owned, whose open files are read. 0 or
	 * -ENOMEM.
	 */
	int (*list_claimable)(struct vec *devices, void *userdata);
	/*
	 * Called each time the open files of @devices were read. Returns true if something else
	 * about the devices has changed.
	 */
	bool (*open_files_polled)(const struct vec *devices, void *userdata);
	void (*changed)(void *userdata);
};

/* Starts the watch. @root and @observer are kept by reference. 0 or negative errno. */
int usage_watch_new(sd_event *event, const struct sysfs_root *root,
		    const struct usage_watch_observer *observer, void *userdata,
		    struct usage_watch **ret) _must_check_;
struct usage_watch *usage_watch_free(struct usage_watch *watch);
DEFINE_CLEANUP(struct usage_watch *, usage_watch_freep, usage_watch_free)

/* Marks @sources (enum usage_source), which are then read soon. */
void usage_watch_mark(struct usage_watch *watch, unsigned sources);
/* Reads all sources now. The observer is called if anything differs. 0 or -ENOMEM. */
int usage_watch_read(struct usage_watch *watch) _must_check_;
/* Discards the walk that is under way: the set of devices has changed. */
void usage_watch_restart(struct usage_watch *watch);
