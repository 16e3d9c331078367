/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/str.h"
#include "policy/plan/plan-reset.h"

static const char required_word[] = "required";

int record_resets(const struct groupdef *def, const struct vec *resets, struct record *record)
{
	if (def->reset_after == RESET_NONE)
		return 0;
	VEC_FOREACH(const struct resetplan, plan, resets) {
		struct record_device *member = record_find_device(record, plan->device->key);

		if (member && resetplan_format(plan, &member->resets) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Any of them may fail: what came of all of them is what the proof is about. */
static int add_steps(const struct device *device, char *const *resets, bool required,
		     struct vec *steps)
{
	STRV_FOREACH(reset, resets) {
		if (steps_add_device(steps, STEP_RESET, device, *reset) < 0)
			return -ENOMEM;
		((struct step *)steps->items[steps->n - 1])->may_fail = true;
	}
	if (!resets && !required)
		return 0;
	return steps_add_device(steps, STEP_VERIFY_RESET, device, required ? required_word : NULL);
}

int plan_resets_before(const struct groupdef *def, const struct vec *resets, struct vec *steps)
{
	if (def->reset_before == RESET_NONE)
		return 0;
	VEC_FOREACH(const struct resetplan, plan, resets) {
		_cleanup_strv_ char **list = NULL;

		if (resetplan_format(plan, &list) < 0 ||
		    add_steps(plan->device, list, def->reset_before == RESET_REQUIRE, steps) < 0)
			return -ENOMEM;
	}
	return 0;
}

int plan_resets_after(const struct device *now, const struct record_device *member, bool required,
		      struct vec *steps)
{
	return add_steps(now, member->resets, required || member->resets, steps);
}
