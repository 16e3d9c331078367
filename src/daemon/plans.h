/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The steps that a claim or release would take, or its refusal. Nothing is changed. */

#include "daemon/claims.h"

/*
 * Lists the steps of a claim of @group: struct step, which the caller clears. There are none
 * if the claim would wait in line. @with: groups that the same caller will claim first; NULL: none.
 * False: the claim would be refused, and *ret_refusal says why.
 */
bool plans_claim(const struct claims *claims, struct devgroup *group,
		 const struct claim_request *request, char *const *with, struct vec *ret_steps,
		 struct refusal *ret_refusal) _must_check_;

/* Lists the steps of a release in the same way. There are none if the group is not claimed. */
bool plans_release(const struct registry *registry, const struct devgroup *group,
		   struct vec *ret_steps, struct refusal *ret_refusal) _must_check_;
