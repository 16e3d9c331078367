/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The steps to a mediated device that a file asks for, and away from one that none asks for any
 * more. */

#include "model/inventory.h"
#include "model/mdev-def.h"

/* What is known of one besides the inventory. */
struct mdev_state {
	const char *made; /* signature of what we made of it; NULL: we did not */
	bool unfinished;  /* its making was interrupted, or failed half-way */
};

enum mdev_plan_action { MDEV_PLAN_KEEP, MDEV_PLAN_CREATE, MDEV_PLAN_REMOVE };

struct mdev_plan {
	enum mdev_plan_action action;
	struct vec steps; /* struct step, owned */
	char *problem;	  /* why it is not as the file wants it; NULL: it is or will be */
};

/*
 * @def NULL: nobody asks for it. @claimed: keys of what is in leases. What is to be changed is
 * removed first; what to do then another call tells. 0 or -ENOMEM.
 */
int mdev_plan(const struct inventory *inv, const char *key, const struct mdev_def *def,
	      const struct mdev_state *state, char *const *claimed,
	      struct mdev_plan *ret) _must_check_;
void mdev_plan_clear(struct mdev_plan *plan);
#define _cleanup_mdev_plan_ _cleanup_(mdev_plan_clear)
