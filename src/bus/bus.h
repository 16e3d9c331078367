/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The bus layer: one file for each D-Bus object and one for each task below them. A handler reads
 * its arguments, looks the object up, authorizes the caller, calls the daemon layer and replies.
 */

#include <systemd/sd-bus.h>

#include "daemon/registry.h"

struct bus_budget;
struct bus_gate;
struct manager;

/* One connection to the bus with all that hangs on it. */
struct bus {
	sd_bus *bus;
	struct manager *manager;   /* not owned */
	struct registry *registry; /* of the manager */

	struct bus_budget *budget; /* the daemon's time, shared between users */
	struct bus_gate *gate;	   /* sees each message first */

	struct vec peers;	/* struct bus_peer, owned, sorted by name; bus-peers.c */
	unsigned held_calls;	/* of all peers */
	struct vec owners;	/* struct fds_owner, owned; bus-fds.c */
	struct vec releases;	/* struct pending_release, owned; bus-release.c */
	struct vec usage_calls; /* struct usage_call, owned; bus-usage.c */
	struct vec claims;	/* struct pending_claim, owned; bus-claim.c */
	struct vec queries;	/* struct polkit_query, owned: without an answer; bus-polkit.c */
	struct vec granted; /* struct polkit_query, owned: granted in advance and not used yet */

	int inhibitor; /* logind's descriptor, or negative; bus-inhibit.c */
	sd_bus_slot *inhibit_call;

	char *published_module; /* properties of the manager as last signalled; bus-manager.c */
	bool published_iommufd, published_vfio;
};

/*
 * Registers all objects on @connection and takes a reference to it. @manager must outlive *ret.
 * The caller frees *ret. 0 or negative errno.
 */
int bus_new(sd_bus *connection, struct manager *manager, struct bus **ret) _must_check_;
/* Cancels all calls that wait for a reply, and closes the connection. Leases stay. Returns NULL. */
struct bus *bus_free(struct bus *bus);
DEFINE_CLEANUP(struct bus *, bus_freep, bus_free)
