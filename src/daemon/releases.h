/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Releases: requests to end leases, and the callers that wait for the end. */

#include "daemon/registry.h"

/* A caller that waits until the devices of a group are back. */
struct release_waiter {
	uint64_t wait_usec; /* how long; then it is refused */
	/* Called once. @refusal NULL: all devices are back. */
	void (*on_done)(const struct refusal *refusal, void *userdata);
	void *userdata;
};

struct releases {
	struct host *host;  /* not owned */
	struct vec waiting; /* struct release, owned */
};

/*
 * Ends the lease of @group and answers @waiter, unless it is NULL, when all devices are back, or at
 * once if the group is not claimed. A process may keep the devices open for longer than
 * waiter->wait_usec: the answer is then REFUSED_IN_USE, and the lease ends when they are closed. 0
 * or -ENOMEM.
 */
int releases_submit(struct releases *releases, struct devgroup *group,
		    const struct release_waiter *waiter) _must_check_;

/* Forgets the waiter with this userdata, if there is one: its on_done will not be called. */
void releases_forget(struct releases *releases, const void *userdata);

/* Answers @waiter, unless it is NULL. */
void releases_answer_now(const struct release_waiter *waiter, const struct refusal *refusal);

/*
 * Answers @waiter, unless it is NULL, when the lease of @group has ended, or cannot end in time. 0
 * or -ENOMEM.
 */
int releases_wait(struct releases *releases, struct devgroup *group,
		  const struct release_waiter *waiter) _must_check_;

/* Answers all that wait for the end of this group's lease. @refusal NULL: it has ended. */
void releases_answer(struct releases *releases, const struct devgroup *group,
		     const struct refusal *refusal);

/* Refuses all waiting callers: the daemon stops. */
void releases_drop(struct releases *releases);
