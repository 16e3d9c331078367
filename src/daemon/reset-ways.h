/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The ways to reset the members of a group, and the refusals for a lack of them. */

#include "daemon/registry.h"
#include "policy/plan/reset-plan.h"

/* Returns the request for resets of @group by @methods. It borrows from all three arguments. */
struct reset_plan_request reset_ways_request(const struct registry *registry,
					     const struct devgroup *group, char *const *methods);

/* Finds the ways of each member by the group's definition: struct reset_plan. 0 or -ENOMEM. */
int reset_ways_find(const struct registry *registry, const struct devgroup *group,
		    struct vec *ret) _must_check_;

/* Returns false with *ret_refusal if the definition requires a reset that a member cannot have. */
bool reset_ways_check(const struct registry *registry, const struct devgroup *group,
		      struct refusal *ret_refusal) _must_check_;

/* Returns false; *ret_refusal says that the group, which has a lease, is dirty, and what helps. */
bool reset_ways_refuse_dirty(const struct devgroup *group, struct refusal *ret_refusal);
