/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Releases: requests to end leases, and the callers that wait for the end. */

#include "daemon/registry.h"

/* A caller that waits for the end of a lease. */
struct release_waiter {
	uint64_t wait_usec; /* how long */
	/* Called once. @refusal NULL: all devices are back. */
	void (*on_done)(const struct refusal *refusal, void *userdata);
	void *userdata;
};

struct releases {
	struct host *host;  /* not owned */
	struct vec waiting; /* struct release, owned */
};

/*
 * Ends the lease of @group and answers @waiter when all is back, or at once if it is not claimed;
 * with REFUSED_IN_USE if somebody still has the devices open after @wait_usec (the lease ends all
 * the same when they are closed). 0 or -ENOMEM.
 */
int releases_submit(struct releases *releases, struct devgroup *group,
		    const struct release_waiter *waiter) _must_check_;

/* Answers @waiter when the lease of @group has ended, or cannot end in time. 0 or -ENOMEM. */
int releases_wait(struct releases *releases, struct devgroup *group,
		  const struct release_waiter *waiter) _must_check_;

/* Answers all that wait for the end of this group's lease. @refusal NULL: it has ended. */
void releases_answer(struct releases *releases, const struct devgroup *group,
		     const struct refusal *refusal);

/* Refuses all: the daemon stops. */
void releases_drop(struct releases *releases);
