/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What host.c and host-events.c share; nobody else includes this. */

#include "daemon/host/error-watch.h"
#include "daemon/host/host.h"
#include "daemon/host/usage-watch.h"
#include "sys/probe/probe.h"
#include "sys/probe/uevent.h"

struct host {
	sd_event *event;
	struct sysfs_root root;
	int run_dir;
	uint64_t step_usec;
	struct probe *probe;
	struct uevent_monitor *monitor, *parents;
	sd_event_source *monitor_source, *parents_source, *hung_bind_source;
	struct inventory *inventory;
	struct usage_watch *usage_watch;
	struct error_watch *errors;
	bool errors_loaded;
	char *errors_saved; /* as errorfile.h has it */
	char **stale;	    /* keys of devices that had an event and are to be read anew */
	const struct host_observer *observer;
	void *userdata;
};

/* --- host-events.c: what an event makes stale --- */
/* Many events of one device in a row need one look at it. 0 or -ENOMEM. */
int host_events_mark_stale(struct host *host, const char *key) _must_check_;
/* The PF of the device is stale, if it is a virtual function. 0 or -ENOMEM. */
int host_events_mark_physfn(struct host *host, const char *key) _must_check_;
/* @userdata: the host */
void host_events_on_uevent(const struct uevent *event, void *userdata);
/* That a device can be made into mediated devices now, or cannot any more. */
void host_events_on_mdev_parent(const struct uevent *event, void *userdata);
