/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Plans the steps that create a mediated device of a file, and the steps that remove one which no
 * file defines any more.
 */

#include "model/inventory.h"
#include "model/mdev-def.h"

/* State of one mediated device that the inventory does not have. */
struct mdev_state {
	const char *made; /* signature of the device that the daemon created, or NULL */
	bool unfinished;  /* the creation was interrupted, or failed half-way */
};

enum mdev_plan_action { MDEV_PLAN_KEEP, MDEV_PLAN_CREATE, MDEV_PLAN_REMOVE };

struct mdev_plan {
	enum mdev_plan_action action;
	struct vec steps; /* struct step, owned */
	char *problem;	  /* why it stays different from the definition, or NULL */
};

/*
 * Plans one mediated device. @def is NULL if no file defines it. @claimed: keys of devices in
 * leases. A device to change is removed first; the next call then plans its creation. 0 or -ENOMEM.
 */
int mdev_plan(const struct inventory *inv, const char *key, const struct mdev_def *def,
	      const struct mdev_state *state, char *const *claimed,
	      struct mdev_plan *ret) _must_check_;
void mdev_plan_clear(struct mdev_plan *plan);
#define _cleanup_mdev_plan_ _cleanup_(mdev_plan_clear)
