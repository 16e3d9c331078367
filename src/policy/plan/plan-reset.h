/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The steps that reset the devices of a claim: each way to try, then the proof. Only plan.c and
 * plan-release.c include this.
 */

#include "model/record.h"
#include "model/step.h"
#include "policy/plan/reset-plan.h"

/* Records the part of @resets (struct reset_plan) that the release needs. 0 or -ENOMEM. */
int plan_reset_record(const struct group_def *def, const struct vec *resets,
		      struct record *record) _must_check_;
/* Plans the resets before a handover; none if the definition says so. 0 or -ENOMEM. */
int plan_reset_before(const struct group_def *def, const struct vec *resets,
		      struct vec *steps) _must_check_;
/*
 * Plans the recorded resets of @member. Its holder may have left any state in it, so one of the
 * ways must work. @required: a device without any way stays dirty. 0 or -ENOMEM.
 */
int plan_reset_after(const struct device *current, const struct record_device *member,
		     bool required, struct vec *steps) _must_check_;
