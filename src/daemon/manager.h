/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The coordinator of the daemon layer: owns all modules, receives the events of the host, of leases
 * and of provisioning, and reloads the definitions. Only this module knows all others; the bus
 * layer calls the one that a method concerns.
 */

#include "daemon/claims.h"
#include "daemon/host/isolation-watch.h"
#include "daemon/releases.h"
#include "daemon/resets.h"
#include "daemon/restart.h"

struct manager {
	struct host *host;		/* not owned */
	const char *const *directories; /* of the definitions, not owned; NULL: the default ones */
	struct limits limits;
	struct registry *registry;
	struct provision *provision;
	struct leases leases;
	struct claims claims;
	struct releases releases;
	struct resets resets;
	struct restart restart;
	struct isolation_watch *isolation_watch;
};

/* @directories as for config_dirs_load(). 0 or -ENOMEM. */
int manager_new(struct host *host, const char *const *directories, const struct limits *limits,
		struct manager **ret) _must_check_;
/* Leases stay on the host: a later daemon adopts them. */
struct manager *manager_free(struct manager *manager);
DEFINE_CLEANUP(struct manager *, manager_freep, manager_free)

/* Reads the definitions, the host, and the records of an earlier daemon. Logs its errors. */
int manager_start(struct manager *manager) _must_check_;

/* Re-reads the definitions; claimed groups stay. Logs its errors. 0 or negative errno. */
int manager_reload(struct manager *manager) _must_check_;
