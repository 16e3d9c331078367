/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by the files of host/. No other file includes this. */

#include "daemon/host/error-watch.h"
#include "daemon/host/host.h"
#include "daemon/host/usage-watch.h"
#include "sys/probe/probe.h"
#include "sys/probe/uevent.h"

struct host {
	sd_event *event;
	struct sysfs_root root;
	int run_dir, run_dir_lock;
	uint64_t step_usec;
	struct probe *probe;
	struct uevent_monitor *monitor, *parents;
	sd_event_source *monitor_source, *parents_source, *hung_bind_source;
	struct inventory *inventory;
	struct usage_watch *usage_watch;
	struct error_watch *errors;
	bool errors_loaded;
	char *errors_saved; /* see error-file.h */
	char **stale;	    /* keys of devices to re-read */
	const struct host_observer *observer;
	void *userdata;
};

/* --- host.c --- */

/* Reports to the observer that the inventory is current, and saves errors. */
void host_publish(struct host *host);
/* Checks hanging binds again later: the end of a bind does not always make an event. */
void host_watch_hung_binds(struct host *host);
/* Reads a device and reports its change. 0 or negative errno. */
int host_update_key(struct host *host, const char *key) _must_check_;
/* Reports new errors of @device and, with @state_too, a new error state, which is saved. */
void host_report_errors(struct host *host, const struct device *device, bool state_too);

/* --- host-events.c --- */

/* Marks a device for reading. Several events of it in a row need one read. 0 or -ENOMEM. */
int host_events_mark_stale(struct host *host, const char *key) _must_check_;
/*
 * Marks the PF of a virtual function: the PF itself has no event when VFs come or go. 0 or -ENOMEM.
 */
int host_events_mark_physfn(struct host *host, const char *key) _must_check_;
/* Handles an event of a device, an interface or a module. @userdata is the host. */
void host_events_on_uevent(const struct uevent *event, void *userdata);
/* Handles the event of a parent of mediated devices that comes or goes. @userdata is the host. */
void host_events_on_mdev_parent(const struct uevent *event, void *userdata);
