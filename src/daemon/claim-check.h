/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A request to claim a group, and the questions that a claim and its plan must pass. */

#include "daemon/provision/provision.h"
#include "daemon/registry.h"

struct claim_request {
	uid_t uid;
	gid_t gid;
	pid_t pid; /* 0: unknown */
	const char *label;
	enum access_mode access;
	enum vfio_interface interface;
	bool persistent, force;
	uint64_t wait_usec; /* how long to wait in line for a busy group; 0: fail at once */
	/* Called once for each accepted claim: the group has its lease (@refusal NULL), or not. */
	void (*on_done)(struct devgroup *group, const struct refusal *refusal, void *userdata);
	/*
	 * Checks the permission again before a claim that has waited in line starts. NULL: not
	 * needed. False: *ret_refusal says why.
	 */
	bool (*still_allowed)(const struct devgroup *group, void *userdata,
			      struct refusal *ret_refusal);
	void *userdata; /* of both */
};

/*
 * Re-reads the members without waiting for events: writing an override makes none, and a decision
 * needs the present state. The host's usage of them is read apart (host_demand_usage()). 0 or
 * negative errno.
 */
int claim_check_read_members(const struct registry *registry,
			     const struct devgroup *group) _must_check_;

/* --- each of these returns false with *ret_refusal if the claim is refused --- */

/* Checks whether the group is reserved for another label. */
bool claim_check_reserved(const struct devgroup *group, const struct claim_request *request,
			  struct refusal *ret_refusal) _must_check_;
/* Checks all that may refuse a claim of a group that is not busy, and its blockers. */
bool claim_check(const struct registry *registry, const struct devgroup *group,
		 const struct claim_request *request, struct refusal *ret_refusal) _must_check_;

/* Tells whether a claim of the group has to wait. */
bool claim_check_is_busy(const struct provision *provision,
			 const struct devgroup *group) _must_check_;
/*
 * Returns false; *ret_refusal says why the group, which was busy, cannot be claimed now. True if it
 * is free by now.
 */
bool claim_check_refuse_busy(const struct registry *registry, const struct provision *provision,
			     const struct devgroup *group,
			     struct refusal *ret_refusal) _must_check_;
