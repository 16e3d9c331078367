/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What registry.c, claims.c and restart.c share; nobody else includes this. */

#include "daemon/host/isolation-watch.h"
#include "daemon/problems.h"
#include "daemon/provision/provision.h"
#include "daemon/registry.h"

struct registry {
	struct host *host;
	const char *const *directories;
	struct vec groups; /* struct devgroup, owned; sorted by name */
	struct problems problems;
	struct def_set
		*quirks; /* owned; what quirks.d says, never NULL once the definitions are read */
	struct vec bad_records; /* struct aside, owned: records that cannot be used */
	struct vec releases;	/* struct release, owned: who waits for a lease to end */
	struct events events;
	struct limits limits;
	struct provision *provision;
	struct isolation_watch *isolation_watch;
};

/* Takes @def over. NULL when out of memory. */
struct devgroup *registry_add_group(struct registry *registry, struct group_def *def);
/* A group of its own for a record whose definition is gone. NULL when out of memory. */
struct devgroup *registry_add_orphan(struct registry *registry, const struct record *record);
void registry_remove_group(struct registry *registry, struct devgroup *group);

/* definitions.c */
int definitions_load(struct registry *registry) _must_check_; /* 0 or negative errno */

/* resets.c */
/* The ways to reset each member: struct resetplan. 0 or -ENOMEM. */
int resets_find(const struct devgroup *group, struct vec *ret) _must_check_;
/* False: the definition wants one that there is not. */
bool resets_check(const struct devgroup *group, struct refusal *ret);
/* Says that the group is dirty, and what helps. */
bool resets_refuse(const struct devgroup *group, struct refusal *ret);
/* A device has gone: if it was a dirty one, its slot has been powered off. */
void resets_device_removed(struct registry *registry, const char *key);

/* releases.c: calls @fn when the lease of @group has ended, or cannot. 0 or -ENOMEM */
int releases_wait(struct devgroup *group, uint64_t wait_usec, release_fn fn,
		  void *userdata) _must_check_;

/* claims.c */
void claims_run_queues(struct registry *registry);
void claims_drop(struct registry *registry,
		 struct devgroup *group); /* those of a group that goes */
/* The claim that made the lease of @group, if it was not told before, goes: it is refused, or has
 * it (NULL). */
void claims_answer(const struct devgroup *group, const struct refusal *refusal);
/* The same questions for a claim and its plan. False: refused. */
bool claims_is_busy(const struct devgroup *group);
bool claims_refuse_busy(const struct devgroup *group, struct refusal *ret);
bool claims_check_reserved(const struct devgroup *group, const struct claim_request *request,
			   struct refusal *ret);
bool claims_check(const struct devgroup *group, const struct claim_request *request,
		  struct refusal *ret);
/* 0 or negative errno. */
int claims_refresh_members(const struct registry *registry, const struct devgroup *group);
int claims_new_record(const struct devgroup *group, const struct claim_request *request,
		      struct record **ret);
/* Gives the group, which has none, a lease. Takes *@record over on success, and @steps. 0 or
 * negative errno: then nothing was done. */
int claims_start_lease(struct devgroup *group, struct record **record,
		       struct vec *steps) _must_check_;

/* leasenews.c; userdata: the group */
extern const struct lease_observer lease_observer_callbacks;

/* releases.c: tells all who wait for the end of this group's lease; @refusal NULL: it has ended */
void releases_answer(struct devgroup *group, const struct refusal *refusal);
void releases_drop(struct registry *registry);
struct claim_count {
	unsigned leases, waiting;
};
/* Of one user; NULL: of all. */
struct claim_count claims_count(const struct registry *registry, const uid_t *uid);

/* vftokens.c */
/* What a claim's plan lacks without the rest of the host: tokens, and the functions that come with
 * them. 0 or negative errno. */
int vf_tokens_complete(const struct devgroup *group, struct record *record,
		       struct vec *steps) _must_check_;
/* False: the group has a virtual function of one that is on its way from or to its holder. */
bool vf_tokens_check(const struct devgroup *group, struct refusal *ret);
/* Physical functions wait for the leases of their virtual ones. */
void vf_tokens_lease_ended(const struct registry *registry);

/* restart.c: takes up what an earlier daemon left. 0 or negative errno. */
int restart_adopt_all(struct registry *registry) _must_check_;
/* A record that blocks its group, whenever that is defined, until it is removed. */
struct bad_record {
	char *group, *file, *why;
};
/* Blocks the groups and adds the problems of all that are still there. 0 or -ENOMEM. */
int restart_report_bad_records(struct registry *registry) _must_check_;
void restart_clear_bad_records(struct registry *registry);
