/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Asks policy for the ways to reset the members of a group. */

#include "base/str.h"
#include "daemon/reset-ways.h"

struct reset_plan_request reset_ways_request(const struct registry *registry,
					     const struct devgroup *group, char *const *methods)
{
	return (struct reset_plan_request){
		.inv = host_inventory(registry_host(registry)),
		.quirks = registry_quirks(registry),
		.claimed = &group->resolved.devices,
		.methods = methods,
	};
}

int reset_ways_find(const struct registry *registry, const struct devgroup *group, struct vec *ret)
{
	struct reset_plan_request request =
		reset_ways_request(registry, group, group->def->reset_methods);

	return reset_plan_all(&request, ret);
}

bool reset_ways_check(const struct registry *registry, const struct devgroup *group,
		      struct refusal *ret)
{
	_cleanup_reset_plans_ struct vec plans = { 0 };
	_cleanup_free_ char *why = NULL;
	const struct reset_plan *plan;

	if (group->def->reset_before != RESET_REQUIRE && group->def->reset_after != RESET_REQUIRE)
		return true;
	if (reset_ways_find(registry, group, &plans) < 0)
		return refusal_set_no_memory(ret);
	plan = reset_plan_find_empty(&plans);
	if (!plan)
		return true;
	why = reset_plan_why_none(plan);
	return refusal_set(
		ret, REFUSED_RESET_FAILED,
		"Group %s cannot be claimed: its definition requires a reset, and %s cannot be "
		"reset (%s).",
		group->def->name, plan->device->key, str_or(why, "?"));
}

bool reset_ways_refuse_dirty(const struct devgroup *group, struct refusal *ret)
{
	return refusal_set(ret, REFUSED_RESET_FAILED,
			   "Group %s is dirty and cannot be claimed: %s. Run \"devgroupctl reset "
			   "%s\", or power its slot off and on.",
			   group->def->name, str_or(group->lease->trouble, "?"), group->def->name);
}
