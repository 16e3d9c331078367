/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a claim or release would do, and whether it would be granted. Nothing is changed. */

#include "daemon/claims.h"

/*
 * The steps that a claim or release would take now; none for a claim that would have to wait, if it
 * would.
 * @with: groups that the same caller is about to claim before this one; NULL: it claims this one
 * alone, or does not say. False: refused.
 */
bool plans_make(const struct claims *claims, const char *group, bool release,
		const struct claim_request *request, char *const *with, struct vec *ret_steps,
		struct refusal *ret_refusal) _must_check_;
