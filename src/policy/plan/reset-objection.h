/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Finds the reason against one way to reset one device. Only reset-plan.c includes this.
 */

#include "policy/plan/reset-plan.h"

/* A way that is considered. */
struct reset_objection_question {
	const struct reset_plan_request *request;
	const struct device *device;
	const char *method;	 /* as a definition or the kernel names it: "bus" */
	const char *way;	 /* the request that follows: "hot"; a word of reset-attempt.h */
	const struct vec *scope; /* struct device: all devices that it reaches */
};

/*
 * Sets *ret to the reason against the way, or leaves it as it is. The caller frees ret->why. 1:
 * there is a reason. 0: there is none. -ENOMEM.
 */
int reset_objection_find(const struct reset_objection_question *question,
			 struct reset_refusal *ret) _must_check_;

/* Returns whether a quirk of @device itself forbids @method. */
bool reset_objection_is_forbidden(const struct reset_plan_request *request,
				  const struct device *device, const char *method);
