/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Watches the hang-up of a pipe, the last close of a node, and the time of the next try. It knows
 * no lease and reports an event of the state machine.
 */

#include <systemd/sd-event.h>

#include "base/macro.h"
#include "daemon/lease/lease-fsm.h"
#include "sys/sysfs.h"

/* Handles an event. The watch may be gone when it returns. */
typedef void (*lease_watch_fn)(enum lease_event event, void *userdata);

struct lease_watch {
	sd_event *event; /* not owned, nor is the root: the host outlives its leases */
	const struct sysfs_root *root;
	lease_watch_fn fn;
	void *userdata;
	uint64_t retry_usec; /* delay before the last retry; 0: there was none */
	int iommu_group;     /* the group that node_source watches, or IOMMU_GROUP_NONE */
	sd_event_source *pipe_source, *node_source, *devices_source, *retry_source;
};

/* Keeps @event and @root by reference. */
void lease_watch_init(struct lease_watch *watch, sd_event *event, const struct sysfs_root *root,
		      lease_watch_fn fn, void *userdata);
/* Reports LEASE_END_REQUESTED when all writers of the pipe are gone. 0 or negative errno. */
int lease_watch_pipe(struct lease_watch *watch, int pipe_read) _must_check_;
/*
 * Reports LEASE_RETRY_DUE after 0.1 s, and after twice the last delay at each call, up to 5 s. 0 or
 * negative errno.
 */
int lease_watch_retry_later(struct lease_watch *watch) _must_check_;
/*
 * Watches the node of @iommu_group and, with @device_nodes, the directory of device nodes. Returns
 * false if the group is watched already. A node that cannot be watched is logged: the next try of
 * the release finds its close.
 */
bool lease_watch_nodes(struct lease_watch *watch, int iommu_group, bool device_nodes);
/* Stops watching the pipe and the time of the next try, while a release runs. */
void lease_watch_pause(struct lease_watch *watch);
/* Stops all sources. The next call of lease_watch_nodes() watches again. */
void lease_watch_stop(struct lease_watch *watch);
