/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How a device comes to the virtual functions that a definition gives it, and what stands against
 * that. */

#include "model/config/def-set.h"
#include "model/inventory.h"

/*
 * The steps in *ret_steps; none where nothing can be done now. *ret_problem: what is not as the
 * definition wants it and why, as a sentence; NULL where all is well. The number goes from one to
 * another through none, because the kernel knows no other way (EBUSY). @claimed: keys of the
 * devices that are in leases; while the device or one of its functions is, nothing is changed. 0 or
 * -ENOMEM.
 */
int sriov_plan(const struct inventory *inv, const struct vf_def *def, char *const *claimed,
	       struct vec *ret_steps, char **ret_problem) _must_check_;

/*
 * Into the steps of a claim: that the PF of each STEP_SET_VF_TOKEN gets the functions that a
 * definition in @defs (struct vfdef) wants while it is claimed. They come after their token, which
 * is theirs from the start. 0 or -ENOMEM.
 */
int sriov_plan_claim(const struct inventory *inv, const struct vec *defs,
		     struct vec *steps) _must_check_;
