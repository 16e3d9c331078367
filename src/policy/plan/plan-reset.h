/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Inside plan.c and plan-release.c only. The steps that reset the devices of a claim: each way that
 * may be tried, then the proof. */

#include "model/record.h"
#include "model/step.h"
#include "policy/plan/reset-plan.h"

/* What of @resets (struct resetplan) the release needs to know goes into the record. 0 or -ENOMEM.
 */
int plan_reset_record(const struct group_def *def, const struct vec *resets,
		      struct record *record) _must_check_;
/* None where the definition says so. 0 or -ENOMEM. */
int plan_reset_before(const struct group_def *def, const struct vec *resets,
		      struct vec *steps) _must_check_;
/*
 * Those of @member, as it was recorded. Whoever had it may have left anything in it, so one of the
 * ways must work.
 * @required: there must be one. 0 or -ENOMEM.
 */
int plan_reset_after(const struct device *current, const struct record_device *member,
		     bool required, struct vec *steps) _must_check_;
