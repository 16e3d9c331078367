/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One named group: its definition, its devices on this host, its lease, and what it shows. */

#include <stdbool.h>

#include "daemon/lease/lease.h"
#include "policy/assess/resolve.h"

struct devgroup {
	struct group_def *def; /* owned */
	bool orphan;	       /* no file defines it any more; removed when its lease ends */
	struct resolved_group resolved;
	struct lease *lease;  /* owned; NULL: not claimed */
	struct vec waiting;   /* struct claim, owned by claims.c; first come, first served */
	char *announced;      /* group_summary() at the last report; NULL: never reported */
	bool redefined;	      /* since the last report */
	char *record_problem; /* why the record of an earlier daemon cannot be used; NULL: none */
};

/* Takes @def over, also on failure. NULL when out of memory. */
struct devgroup *group_new(struct group_def *def) _must_check_;
/* Frees the lease as well: its record stays on disk, and a later daemon adopts it. */
struct devgroup *group_free(struct devgroup *group);

/* Returns the state for users: "available", "claimed", "blocked", … */
const char *group_state(const struct devgroup *group);
/*
 * Returns "alice, pid 812 (qemu-system-x86)", or "" without a holder. Caller frees; NULL when out
 * of memory.
 */
char *group_holder(const struct devgroup *group) _must_check_;
/* Returns the worst error state of its devices. */
enum error_state group_error_state(const struct devgroup *group);
/* Copies what blocks a claim now: struct blocker. Caller clears. 0 or -ENOMEM. */
int group_blockers(const struct devgroup *group, struct vec *ret) _must_check_;
/* Returns all that a group shows in one string. Caller frees; NULL when out of memory. */
char *group_summary(const struct devgroup *group) _must_check_;
/*
 * Returns the first blocker that keeps the daemon itself from taking an unclaimed group from its
 * host drivers: a hard one, or a use by the host. Skips blockers of code @but (may be NULL).
 * Blockers that concern only a claimer do not count. NULL: none.
 */
const struct blocker *group_find_obstacle(const struct devgroup *group, const char *but);
/* Appends the keys of its devices. 0 or -ENOMEM. */
int group_keys(const struct devgroup *group, char ***ret) _must_check_;
