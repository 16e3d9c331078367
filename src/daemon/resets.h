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
 * Resets a dirty group and gives it back. @method: this one alone; "none": it is taken as it is;
 * NULL: as the definition says.
 * @waiter as for a release; a group that is not claimed is not dirty. False: refused, *ret_refusal
 * says why.
 */
bool resets_submit(const struct resets *resets, struct devgroup *group, const char *method,
		   const struct release_waiter *waiter, struct refusal *ret_refusal) _must_check_;

/* Notes that a device is gone: a powered-off slot leaves nothing dirty. */
void resets_device_removed(const struct resets *resets, const char *key);
