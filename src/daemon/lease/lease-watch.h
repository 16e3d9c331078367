/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Watches what a lease waits for: the hang-up of its pipe, the last close of a node, and the time
 * of the next try. It knows nothing of leases and reports an event of their state machine.
 */

#include <systemd/sd-event.h>

#include "base/macro.h"
#include "daemon/lease/lease-fsm.h"

/* The watch may be gone afterwards. */
typedef void (*lease_watch_fn)(enum lease_event event, void *userdata);

struct lease_watch {
	sd_event *event; /* not owned */
	lease_watch_fn fn;
	void *userdata;
	uint64_t retry_usec; /* how long after its last failure a release was tried again; 0: never
				yet */
	int iommu_group;     /* the one whose node node_source watches, or none */
	sd_event_source *pipe_source, *node_source, *devices_source, *retry_source;
};

void lease_watch_init(struct lease_watch *watch, sd_event *event, lease_watch_fn fn,
		      void *userdata);
int lease_watch_pipe(struct lease_watch *watch, int pipe_read) _must_check_;
int lease_watch_retry_later(struct lease_watch *watch) _must_check_;
/* Watches the node of @iommu_group, and with @device_nodes those of the devices. False if it does
 * already. */
bool lease_watch_nodes(struct lease_watch *watch, int iommu_group, bool device_nodes);
/* A release runs: it needs no pipe and no timer. */
void lease_watch_pause(struct lease_watch *watch);
void lease_watch_stop(struct lease_watch *watch);
