/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Claims: requests for a group that start at once or wait in line, and their answers. */

#include "daemon/claim-check.h"
#include "daemon/leases.h"
#include "daemon/limits.h"

/* Names the modules that a claim uses. The queue of a group is its field "waiting". */
struct claims {
	struct registry *registry;   /* not owned */
	struct provision *provision; /* not owned */
	const struct leases *leases; /* not owned */
	const struct limits *limits; /* not owned */
};

struct claim; /* one without an answer yet */

/*
 * Starts a claim of the group @name, or puts it in line. *ret is valid until request->on_done is
 * called. False: refused at once, *ret_refusal says why, nothing has changed, and on_done will not
 * be called.
 */
bool claims_submit(const struct claims *claims, struct devgroup *group,
		   const struct claim_request *request, struct claim **ret,
		   struct refusal *ret_refusal) _must_check_;
/* Undoes a claim whose claimer is gone. Frees @claim; its on_done will not be called. */
void claims_cancel(struct claim *claim);

/* Starts the claims in line whose groups are free now, in the order in which they came. */
void claims_run_queues(const struct claims *claims);

/* Refuses the claims of a group that is about to be removed. */
void claims_drop(struct devgroup *group);

/*
 * Answers the claim that made the lease of @group, if that claim has no answer yet. @refusal NULL:
 * it has the lease.
 */
void claims_answer(const struct devgroup *group, const struct refusal *refusal);

/* Checks the limits for @n more claims of @uid, as limits_check(). Root passes. */
bool claims_check_limits(const struct claims *claims, uid_t uid, unsigned n, bool wait,
			 struct refusal *ret_refusal) _must_check_;

/*
 * Makes the record and the steps of a claim that claim_check() grants; the caller frees both. 0 or
 * negative errno.
 */
int claims_plan(const struct claims *claims, const struct devgroup *group,
		const struct claim_request *request, struct record **ret_record,
		struct vec *ret_steps) _must_check_;
