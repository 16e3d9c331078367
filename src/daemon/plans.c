/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Computes the steps of a claim or release without taking them. */

#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "daemon/group-name.h"
#include "daemon/plans.h"
#include "daemon/reset-ways.h"
#include "policy/assess/assess.h"
#include "policy/plan/plan.h"

/* --- several groups together --- */

/* Lists the devices of the groups @with, which are claimed first. False: refused. */
static bool plans_list_others(struct registry *registry, const struct devgroup *group,
			      char *const *with, char ***ret_claimed, struct refusal *ret_refusal)
{
	STRV_FOREACH(name, with) {
		struct devgroup *other;

		if (!group_name_find(registry, *name, &other, ret_refusal))
			return false;
		VEC_FOREACH(const struct device, device, &other->resolved.devices) {
			if (resolved_group_has(&group->resolved, device))
				return refusal_set(
					ret_refusal, REFUSED_BUSY,
					"Groups %s and %s cannot be claimed together: both take "
					"IOMMU group %d, with %s.",
					other->def->name, group->def->name, device->iommu_group,
					device->key);
			if (strv_add(ret_claimed, device->key) < 0)
				return refusal_set_no_memory(ret_refusal);
		}
	}
	return true;
}

/* Resolves and assesses @group as if the devices @claimed were claimed too. 0 or -ENOMEM. */
static int plans_assess_beside(const struct registry *registry, const struct devgroup *group,
			       char **claimed, struct resolved_group *ret)
{
	const struct inventory *inv = host_inventory(registry_host(registry));
	_cleanup_assess_ struct assess *assess = NULL;
	int r;

	r = assess_new(inv, registry_quirks(registry), claimed, &assess);
	if (r < 0)
		return r;
	r = resolve_group(inv, group->def, ret);
	if (r < 0)
		return r;
	return assess_group(assess, group->def, ret);
}

static bool plans_check_with(const struct claims *claims, const struct devgroup *group,
			     char *const *with, const struct claim_request *request,
			     struct refusal *ret_refusal)
{
	_cleanup_strv_ char **claimed = NULL;
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	const struct blocker *blocker;

	if (!claims_check_limits(claims, request->uid, 1 + (unsigned)strv_length(with), false,
				 ret_refusal))
		return false;
	if (!plans_list_others(claims->registry, group, with, &claimed, ret_refusal))
		return false;
	if (!claimed)
		return true;
	if (registry_claimed_keys(claims->registry, NULL, &claimed) < 0 ||
	    plans_assess_beside(claims->registry, group, claimed, &resolved) < 0)
		return refusal_set_no_memory(ret_refusal);
	blocker = blockers_first(&resolved.blockers, request->force);
	if (!blocker)
		return true;
	return refusal_set(ret_refusal, REFUSED_BLOCKED,
			   "Group %s cannot be claimed together with the others (%s): %s",
			   group->def->name, blocker->code, blocker->text);
}

/* --- plans --- */

static bool plans_refuse_errno(const struct devgroup *group, int r, struct refusal *ret_refusal)
{
	return refusal_set(ret_refusal, REFUSED_NO_MEMORY, "The plan of group %s failed: %s.",
			   group->def->name, strerror(-r));
}

bool plans_claim(const struct claims *claims, struct devgroup *group,
		 const struct claim_request *request, char *const *with, struct vec *ret_steps,
		 struct refusal *ret_refusal)
{
	_cleanup_record_ struct record *record = NULL;
	int r;

	*ret_steps = (struct vec){ 0 };
	if (claim_check_is_busy(claims->provision, group) && request->wait_usec > 0)
		return claim_check_reserved(group, request,
					    ret_refusal); /* a claim would wait in line first */
	if (group->lease)
		return claim_check_refuse_busy(claims->registry, claims->provision, group,
					       ret_refusal);
	r = claim_check_read_members(claims->registry, group);
	if (r < 0)
		return plans_refuse_errno(group, r, ret_refusal);
	if (!claim_check(claims->registry, group, request, ret_refusal))
		return false;
	if (with && !plans_check_with(claims, group, with, request, ret_refusal))
		return false;
	if (!reset_ways_check(claims->registry, group, ret_refusal))
		return false;
	r = claims_plan(claims, group, request, &record, ret_steps);
	if (r < 0)
		return plans_refuse_errno(group, r, ret_refusal);
	return true;
}

bool plans_release(const struct registry *registry, const struct devgroup *group,
		   struct vec *ret_steps, struct refusal *ret_refusal)
{
	int r;

	*ret_steps = (struct vec){ 0 };
	if (!group->lease)
		return true;
	r = claim_check_read_members(registry, group);
	if (r < 0)
		return plans_refuse_errno(group, r, ret_refusal);
	r = plan_release(host_inventory(registry_host(registry)), group->lease->record, ret_steps);
	if (r < 0)
		return plans_refuse_errno(group, r, ret_refusal);
	return true;
}
