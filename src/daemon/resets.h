/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Resets of dirty groups: an administrator asks for one, or a dirty device is removed. */

#include "daemon/leases.h"
#include "daemon/releases.h"

struct resets {
	struct registry *registry;   /* not owned */
	struct provision *provision; /* not owned */
	const struct leases *leases; /* not owned */
	struct releases *releases;   /* not owned */
};

/*
 * Resets a dirty group and releases it. @method: only this one; "none": takes the devices as they
 * are; NULL: the methods of the definition. Answers @waiter as a release does, and at once if the
 * group is clean and unclaimed. False: *ret_refusal says why, and @waiter is not answered.
 */
bool resets_submit(const struct resets *resets, struct devgroup *group, const char *method,
		   const struct release_waiter *waiter, struct refusal *ret_refusal) _must_check_;

/* Notes that a device is gone: a powered-off slot leaves nothing dirty. */
void resets_device_removed(const struct resets *resets, const char *key);
