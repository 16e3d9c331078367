/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Keeps the usage in an inventory up to date. A process of its own reads it, so that the daemon
 * does not wait for what users have made long. The kernel reports mounts, swap, links, addresses
 * and routes. Open files are read every two seconds, or less often: reading takes at most a
 * twentieth of the time.
 */

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/macro.h"
#include "model/inventory.h"
#include "sys/sysfs.h"

struct usage_watch;
struct usage_demand; /* waits for a reading */

struct usage_watch_observer {
	/* Returns the current inventory. A later call may return another. */
	struct inventory *(*inventory)(void *userdata);
	/*
	 * Appends the devices of that inventory, not owned, whose open files are read. 0 or
	 * -ENOMEM.
	 */
	int (*list_claimable)(struct vec *devices, void *userdata);
	/*
	 * Called each time before the open files of @devices are read. Returns true if something
	 * else about the devices has changed; changed() follows when they were read.
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
/*
 * Reads all sources and waits for the end. Only for the start of the daemon. The observer is called
 * if anything differs. 0 or negative errno.
 */
int usage_watch_read(struct usage_watch *watch) _must_check_;
/* Discards the reading that is under way and begins another: the set of devices has changed. */
void usage_watch_restart(struct usage_watch *watch);

/* Tells whether all sources were read a moment ago, and no event has come since. */
bool usage_watch_is_recent(const struct usage_watch *watch);
/*
 * Calls @fn when all sources were read, by a reading that starts from now on. @r is 0 or negative
 * errno. The demand has ended then; usage_watch_forget() ends it before. 0 or -ENOMEM.
 */
typedef void (*usage_demand_fn)(int r, void *userdata);
int usage_watch_demand(struct usage_watch *watch, usage_demand_fn fn, void *userdata,
		       struct usage_demand **ret) _must_check_;
void usage_watch_forget(struct usage_watch *watch, struct usage_demand *demand);
/* Reads all sources soon, and calls the observer then even if nothing differs. */
void usage_watch_request(struct usage_watch *watch);
