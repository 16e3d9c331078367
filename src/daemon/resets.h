/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Resets of groups that are dirty, by order of an administrator or because a device is gone. */

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

/* To be called when a device is gone. Powering off its slot cleans a dirty device. */
void resets_device_removed(const struct resets *resets, const char *key);
