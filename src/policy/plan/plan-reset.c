/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reset steps for claims and releases, and their form in a record. */

#include <errno.h>

#include "base/strv.h"
#include "policy/plan/plan-reset.h"

int plan_reset_record(const struct group_def *def, const struct vec *resets, struct record *record)
{
	if (def->reset_after == RESET_NONE)
		return 0;
	VEC_FOREACH(const struct reset_plan, plan, resets) {
		struct record_device *member = record_find_device(record, plan->device->key);
		int r;

		if (!member)
			continue;
		r = reset_plan_format(plan, &member->resets);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Each reset may fail; STEP_VERIFY_RESET judges their result together. */
static int plan_reset_add_steps(const struct device *device, char *const *resets, bool required,
				struct vec *steps)
{
	STRV_FOREACH(reset, resets) {
		struct step *step;
		int r = steps_add_device(steps, STEP_RESET, device, *reset);

		if (r < 0)
			return r;
		step = steps->items[steps->n - 1];
		step->may_fail = true;
	}
	if (!resets && !required)
		return 0;
	return steps_add_device(steps, STEP_VERIFY_RESET, device, required ? "required" : NULL);
}

int plan_reset_before(const struct group_def *def, const struct vec *resets, struct vec *steps)
{
	bool required = def->reset_before == RESET_REQUIRE;

	if (def->reset_before == RESET_NONE)
		return 0;
	VEC_FOREACH(const struct reset_plan, plan, resets) {
		_cleanup_strv_ char **list = NULL;
		int r = reset_plan_format(plan, &list);

		if (r < 0)
			return r;
		r = plan_reset_add_steps(plan->device, list, required, steps);
		if (r < 0)
			return r;
	}
	return 0;
}

int plan_reset_after(const struct device *current, const struct record_device *member,
		     bool required, struct vec *steps)
{
	return plan_reset_add_steps(current, member->resets, required || member->resets, steps);
}
