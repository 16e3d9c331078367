/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The steps that give a physical function the virtual functions of its definition. */

#include "model/config/def-set.h"
#include "model/inventory.h"

/*
 * Plans the steps; none if nothing can be done now. *ret_problem, owned by the caller, says in a
 * sentence what differs from the definition and why; NULL: nothing. The kernel changes a number
 * only through 0 (EBUSY otherwise). @claimed: keys of devices in leases; the number stays while the
 * device or one of its functions is claimed. 0 or -ENOMEM.
 */
int sriov_plan(const struct inventory *inv, const struct vf_def *def, char *const *claimed,
	       struct vec *ret_steps, char **ret_problem) _must_check_;

/*
 * Inserts into the steps of a claim the virtual functions that @defs (struct vf_def) ask for while
 * their PF is claimed. They follow the STEP_SET_VF_TOKEN of the PF, so the token applies to them
 * from the start. 0 or -ENOMEM.
 */
int sriov_plan_claim(const struct inventory *inv, const struct vec *defs,
		     struct vec *steps) _must_check_;
