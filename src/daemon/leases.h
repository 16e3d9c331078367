/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Puts leases on groups, and takes them off again. */

#include "daemon/provision/provision.h"
#include "daemon/registry.h"

struct leases {
	struct registry *registry;	       /* not owned */
	struct provision *provision;	       /* not owned */
	const struct lease_observer *observer; /* of each lease */
	void *userdata;
};

/*
 * Starts a claim of @group, which has no lease. Takes over *record on success, and @steps. 0, or
 * negative errno and then nothing was done.
 */
int leases_start(const struct leases *leases, struct devgroup *group, struct record **record,
		 struct vec *steps) _must_check_;

/* Continues the lease of *record from an earlier daemon; takes it over on success. 0 or -ENOMEM. */
int leases_adopt(const struct leases *leases, struct devgroup *group,
		 struct record **record) _must_check_;

/* Frees the lease of @group, which has ended, and revokes what its holder could still use. */
void leases_drop(const struct leases *leases, struct devgroup *group);
