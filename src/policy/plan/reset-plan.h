/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * How the devices of one claim may be reset: for each the ways to try, one after the other, and for
 * each way that is not among them the reason, with the name of the device that it would hit. docs:
 * devgroups.d(5), "reset".
 */

#include "model/inventory.h"

/* What "reset" of a device is asked for with, besides the words of group_def_reset_methods. */
#define RESET_PLAN_HOT "hot" /* VFIO's: of the bus or slot, which the claim has all of */
#define RESET_PLAN_KERNEL \
	"kernel" /* the kernel chooses, and does not say what: before Linux 5.15 */

/* One way to reset one device. */
struct reset_attempt {
	const char *method; /* static */
	bool nvme_shutdown; /* the NVMe controller is disabled first */
	unsigned delay_ms;  /* to wait afterwards */
};

/* "flr nvme-shutdown delay-ms=250": the value of STEP_RESET. Caller frees; NULL when out of memory.
 */
char *reset_plan_format_attempt(const struct reset_attempt *attempt) _must_check_;
/* -EINVAL for what is none. */
int reset_plan_parse_attempt(const char *text, struct reset_attempt *ret) _must_check_;

struct reset_refusal {
	const char *method; /* static */
	char *why; /* "it would also reset 0000:03:00.1 (igb), which is not in the claim" */
};

struct reset_plan {
	const struct device *device;
	struct vec attempts; /* struct reset_attempt, owned; the first is the one to try first */
	struct vec refused;  /* struct reset_refusal, owned */
};

struct reset_plan_request {
	const struct inventory *inv;
	const struct vec *quirks;  /* struct quirk; NULL: none are known */
	const struct vec *claimed; /* struct device: all that one claim owns; sorted */
	char *const *methods;	   /* these alone, in this order; NULL: any, in the kernel's */
};

int reset_plan_device(const struct reset_plan_request *request, const struct device *device,
		      struct reset_plan *ret) _must_check_; /* 0 or -ENOMEM */
void reset_plan_clear(struct reset_plan *plan);
#define _cleanup_reset_plan_ _cleanup_(reset_plan_clear)

/* For all of request->claimed that can be handed over and be reset: struct resetplan, owned, in
 * their order. 0 or -ENOMEM. */
int reset_plan_all(const struct reset_plan_request *request, struct vec *ret) _must_check_;
void reset_plans_clear(struct vec *plans);
#define _cleanup_reset_plans_ _cleanup_(reset_plans_clear)

/* Its ways as steps and records have them, in place of *ret. 0 or -ENOMEM. */
int reset_plan_format(const struct reset_plan *plan, char ***ret) _must_check_;
/* The first without a way to be reset; NULL: each has one. */
const struct reset_plan *reset_plan_find_empty(const struct vec *plans);
/* "bus: it would …; pm: …", or that the kernel offers none. Caller frees; NULL when out of memory.
 */
char *reset_plan_why_none(const struct reset_plan *plan) _must_check_;
