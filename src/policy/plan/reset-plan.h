/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The ways to reset each device of a claim, in the order to try them. Each way that is left out has
 * a reason, which names the device that it would hit. Documented in devgroups.d(5), "reset".
 */

#include "model/inventory.h"
#include "model/quirk.h"
#include "policy/plan/reset-attempt.h"

/* The kinds of reasons against a way. */
enum reset_refusal_kind {
	RESET_NOT_OFFERED,    /* the kernel has no such reset of the device */
	RESET_HAS_BRIDGE,     /* VFIO resets no bus with a bridge on it */
	RESET_FORBIDDEN,      /* by a quirk */
	RESET_REACHES_OTHERS, /* devices outside the claim would be hit */
	RESET_NOT_KNOWN,      /* the recording does not show whether the kernel offers it */
};

struct reset_refusal {
	const char *method; /* static */
	enum reset_refusal_kind kind;
	const struct quirk *quirk; /* of RESET_FORBIDDEN, not owned */
	char *why; /* "it would also reset 0000:03:00.1 (igb), which is not in the claim" */
};

struct reset_plan {
	const struct device *device;
	struct vec attempts; /* struct reset_attempt, owned; in the order to try */
	struct vec refused;  /* struct reset_refusal, owned */
};

struct reset_plan_request {
	const struct inventory *inv;
	const struct vec *quirks;  /* struct quirk; NULL: none */
	const struct vec *claimed; /* struct device: all devices of the claim; sorted */
	char *const *methods;	   /* the only ones, in this order; NULL: all of the kernel */
};

/* Plans the resets of one device. The caller clears *ret. 0 or -ENOMEM. */
int reset_plan_device(const struct reset_plan_request *request, const struct device *device,
		      struct reset_plan *ret) _must_check_;
void reset_plan_clear(struct reset_plan *plan);
#define _cleanup_reset_plan_ _cleanup_(reset_plan_clear)

/* Returns whether the plan has a way that reaches no other function. Cheaper than the plan. */
bool reset_plan_has_own(const struct reset_plan_request *request, const struct device *device);

/*
 * Plans the resets of each PCI endpoint in request->claimed: struct reset_plan, owned by the
 * caller, in their order. 0 or -ENOMEM.
 */
int reset_plan_all(const struct reset_plan_request *request, struct vec *ret) _must_check_;
void reset_plans_clear(struct vec *plans);
#define _cleanup_reset_plans_ _cleanup_(reset_plans_clear)

/* Replaces *ret by the attempts of @plan in the form of steps and records. 0 or -ENOMEM. */
int reset_plan_format(const struct reset_plan *plan, char ***ret) _must_check_;
/* Returns the first plan without an attempt, or NULL. */
const struct reset_plan *reset_plan_find_empty(const struct vec *plans);
/* Returns whether there may be more ways, which the recording of the host does not show. */
bool reset_plan_is_unsure(const struct reset_plan *plan);
/*
 * Returns "bus: it would …; pm: …", or that the kernel offers none; the caller frees it. NULL when
 * out of memory.
 */
char *reset_plan_why_none(const struct reset_plan *plan) _must_check_;
