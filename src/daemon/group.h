/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One named group: its definition, its devices on this host, its lease, and what it shows. */

#include <stdbool.h>

#include "daemon/lease/lease.h"
#include "policy/assess/resolve.h"

struct devgroup {
	struct group_def *def; /* owned */
	bool orphan;	       /* no file defines it any more; it stays while it is claimed */
	struct resolved_group resolved;
	struct lease *lease;  /* owned; NULL: not claimed */
	struct vec waiting;   /* struct claim, owned; first come, first served */
	char *announced;      /* state as it was last announced */
	bool redefined;	      /* since then */
	char *record_problem; /* why its record from an earlier daemon cannot be used, or NULL */
};

/* Takes @def over, also on failure. NULL when out of memory. */
struct devgroup *group_new(struct group_def *def) _must_check_;
/* Frees the lease as well: its record stays on disk, and a later daemon adopts it. */
struct devgroup *group_free(struct devgroup *group);

const char *group_state(const struct devgroup *group);
/* "alice, pid 812 (qemu-system-x86)", "" without a holder. Caller frees; NULL when out of memory.
 */
char *group_holder(const struct devgroup *group) _must_check_;
/* The worst of its devices. */
enum error_state group_error_state(const struct devgroup *group);
/* What blocks a claim. Caller clears. 0 or -ENOMEM. */
int group_blockers(const struct devgroup *group, struct vec *ret) _must_check_;
/* All that a group shows, in one string. Caller frees; NULL when out of memory. */
char *group_summary(const struct devgroup *group) _must_check_;
/*
 * Returns what keeps the daemon from taking an unclaimed group from its host drivers, except
 * blockers of code @but (may be NULL): hard blockers, and uses by the host. Blockers that concern
 * only a claimer do not count.
 */
const struct blocker *group_find_obstacle(const struct devgroup *group, const char *but);
/* Appends the keys of its devices. 0 or -ENOMEM. */
int group_keys(const struct devgroup *group, char ***ret) _must_check_;
