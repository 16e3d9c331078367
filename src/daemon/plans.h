/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The steps that a claim or release would take, or its refusal. Nothing is changed. */

#include "daemon/claims.h"

/*
 * Lists the steps of a claim of group @name: struct step, which the caller clears. None for a claim
 * that would have to wait, if it would. @with: groups that the same caller is about to claim before
 * this one; NULL: it claims this one alone, or does not say. False: refused.
 */
bool plans_claim(const struct claims *claims, const char *name, const struct claim_request *request,
		 char *const *with, struct vec *ret_steps,
		 struct refusal *ret_refusal) _must_check_;

/* Lists the steps of a release in the same way. None if the group is not claimed. */
bool plans_release(const struct registry *registry, const char *name, struct vec *ret_steps,
		   struct refusal *ret_refusal) _must_check_;
