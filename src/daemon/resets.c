/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Resets dirty groups: those with a dirty lease, and unclaimed ones after an error. The callers
 * wait as those of a release do.
 */

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/strv.h"
#include "daemon/claim-record.h"
#include "daemon/reset-ways.h"
#include "daemon/resets.h"
#include "policy/plan/plan.h"
#include "policy/plan/reset-plan.h"

/* --- making it clean --- */

/* Puts the ways to reset @member by @methods into its record. False: *ret says why not. */
static bool resets_choose_methods(const struct resets *resets, const struct devgroup *group,
				  struct record_device *member, char *const *methods,
				  struct refusal *ret)
{
	struct reset_plan_request request = reset_ways_request(resets->registry, group, methods);
	const struct device *device = inventory_find(request.inv, member->key);
	_cleanup_reset_plan_ struct reset_plan plan = { 0 };
	_cleanup_free_ char *why = NULL;

	if (!device) /* a removed device holds no state */
		return true;
	if (reset_plan_device(&request, device, &plan) < 0)
		return refusal_set_no_memory(ret);
	if (plan.attempts.n > 0) {
		if (reset_plan_format(&plan, &member->resets) < 0)
			return refusal_set_no_memory(ret);
		return true;
	}
	why = reset_plan_why_none(&plan);
	return refusal_set(ret, REFUSED_RESET_FAILED,
			   "Group %s stays dirty: %s cannot be reset in that way (%s).",
			   group->def->name, member->key, str_or(why, "?"));
}

/* Chooses new ways for the dirty members. The others keep theirs. */
static bool resets_choose_dirty(const struct resets *resets, const struct devgroup *group,
				const char *method, struct refusal *ret)
{
	char *only[] = { (char *)method, NULL };

	VEC_FOREACH(struct record_device, member, &group->lease->record->devices)
		if (member->dirty &&
		    !resets_choose_methods(resets, group, member,
					   method ? only : group->def->reset_methods, ret))
			return false;
	return true;
}

static void resets_skip_all(struct record *record)
{
	VEC_FOREACH(struct record_device, member, &record->devices) {
		strv_free(member->resets);
		member->resets = NULL;
	}
}

static bool resets_check_method(const char *method, struct refusal *ret)
{
	for (const char *const *name = group_def_reset_methods; *name; name++)
		if (str_eq(*name, method))
			return true;
	return refusal_set(ret, REFUSED_BAD_OPTION,
			   "There is no reset method \"%s\". Use device_specific, acpi, flr, "
			   "af_flr, pm, bus, slot or cxl_bus, or none to take the group as it is.",
			   method);
}

static void resets_reset_lease(const struct resets *resets, struct devgroup *group)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };

	/* the methods in the record replace the requirement of the definition */
	group->lease->record->reset_required = false;
	if (lease_reset(group->lease) >= 0)
		return;
	reset_ways_refuse_dirty(group, &refusal);
	releases_answer(resets->releases, group, &refusal);
}

/* --- after an error, without a lease --- */

static bool resets_choose_lost(const struct resets *resets, const struct devgroup *group,
			       const char *method, struct record *record, struct refusal *ret)
{
	char *only[] = { (char *)method, NULL };

	VEC_FOREACH(const struct device, device, &group->resolved.devices)
		if (error_state_is_lost(device->errors.state) && !device_is_bridge(device) &&
		    !resets_choose_methods(resets, group, record_find_device(record, device->key),
					   method ? only : group->def->reset_methods, ret))
			return false;
	return true;
}

/* Checks whether the devices can be taken from the host now. */
static bool resets_check_obstacles(const struct resets *resets, struct devgroup *group,
				   struct refusal *ret)
{
	const struct blocker *obstacle;
	int r = claim_check_read_members(resets->registry, group);

	if (r < 0)
		return refusal_set(ret, REFUSED_RESET_FAILED,
				   "Group %s is not reset: reading its devices failed: %s.",
				   group->def->name, strerror(-r));
	obstacle = group_find_obstacle(group, "error");
	if (obstacle)
		return refusal_set(ret, REFUSED_BLOCKED,
				   "Group %s is not reset (%s): a reset takes its devices from the "
				   "host for a moment. %s",
				   group->def->name, obstacle->code, obstacle->text);
	if (provision_is_changing(resets->provision, group))
		return claim_check_refuse_busy(resets->registry, resets->provision, group, ret);
	return true;
}

static bool resets_refuse_errno(const struct devgroup *group, int r, struct refusal *ret)
{
	return refusal_set(ret, REFUSED_RESET_FAILED, "The reset of group %s cannot start: %s.",
			   group->def->name, strerror(-r));
}

/*
 * Starts a claim without a claimer. It is released as soon as the devices are on their VFIO
 * drivers, and the release resets them. The record exists from the first step on, so that a new
 * daemon can continue after a crash.
 */
static bool resets_start_recovery(const struct resets *resets, struct devgroup *group,
				  const char *method, struct refusal *ret)
{
	const struct claim_request request = { .access = ACCESS_FD, .persistent = true };
	_cleanup_record_ struct record *record = NULL;
	_cleanup_steps_ struct vec steps = { 0 };
	int r;

	r = claim_record_new(resets->registry, group, &request, &record);
	if (r < 0)
		return resets_refuse_errno(group, r, ret);
	r = plan_recovery(group->def, &group->resolved, record, &steps);
	if (r < 0)
		return resets_refuse_errno(group, r, ret);
	if (!str_eq(method, "none") && !resets_choose_lost(resets, group, method, record, ret))
		return false;
	r = leases_start(resets->leases, group, &record, &steps);
	if (r < 0)
		return resets_refuse_errno(group, r, ret);
	log_notice("Group %s is being reset on request after an error%s%s", group->def->name,
		   method ? ", method " : "", str_or(method, ""));
	lease_end(group->lease);
	return true;
}

static bool resets_recover(const struct resets *resets, struct devgroup *group, const char *method,
			   const struct release_waiter *waiter, struct refusal *ret)
{
	if (!resets_check_obstacles(resets, group, ret))
		return false;
	/* the members were re-read just now, and the error may be over */
	if (!error_state_is_lost(group_error_state(group))) {
		releases_answer_now(waiter, NULL);
		return true;
	}
	if (!resets_start_recovery(resets, group, method, ret))
		return false;
	if (releases_wait(resets->releases, group, waiter) < 0)
		return refusal_set_no_memory(ret);
	return true;
}

static bool resets_refuse_held(const struct devgroup *group, struct refusal *ret)
{
	_cleanup_free_ char *holder = group_holder(group);

	if (group->lease->state == LEASE_CLAIMED)
		return refusal_set(
			ret, REFUSED_BUSY,
			"Group %s is not reset: %s has claimed it, and would lose its devices. Run "
			"\"devgroupctl release %s\": a release resets them.",
			group->def->name, str_or(holder, "?"), group->def->name);
	return refusal_set(ret, REFUSED_BUSY,
			   "Group %s is %s, not dirty. Its devices are reset when it is released.",
			   group->def->name, lease_visible_state(group->lease));
}

/* Refuses a method that would not work, although a clean group needs no reset. */
static bool resets_check_clean(const struct resets *resets, const struct devgroup *group,
			       const char *method, struct refusal *ret)
{
	char *only[] = { (char *)method, NULL };
	struct reset_plan_request request = reset_ways_request(resets->registry, group, only);
	_cleanup_reset_plans_ struct vec plans = { 0 };
	_cleanup_free_ char *why = NULL;
	const struct reset_plan *plan;

	if (!method || str_eq(method, "none"))
		return true;
	if (reset_plan_all(&request, &plans) < 0)
		return refusal_set_no_memory(ret);
	plan = reset_plan_find_empty(&plans);
	if (!plan)
		return true;
	why = reset_plan_why_none(plan);
	return refusal_set(ret, REFUSED_RESET_FAILED,
			   "Group %s is not dirty, and %s cannot be reset in that way (%s).",
			   group->def->name, plan->device->key, str_or(why, "?"));
}

static bool resets_submit_unclaimed(const struct resets *resets, struct devgroup *group,
				    const char *method, const struct release_waiter *waiter,
				    struct refusal *ret)
{
	if (error_state_is_lost(group_error_state(group)))
		return resets_recover(resets, group, method, waiter, ret);
	if (!resets_check_clean(resets, group, method, ret))
		return false;
	releases_answer_now(waiter, NULL);
	return true;
}

/* Puts the methods for the dirty members into the record. */
static bool resets_choose(const struct resets *resets, struct devgroup *group, const char *method,
			  struct refusal *ret)
{
	if (!str_eq(method, "none"))
		return resets_choose_dirty(resets, group, method, ret);
	resets_skip_all(group->lease->record);
	return true;
}

bool resets_submit(const struct resets *resets, struct devgroup *group, const char *method,
		   const struct release_waiter *waiter, struct refusal *ret)
{
	if (method && !str_eq(method, "none") && !resets_check_method(method, ret))
		return false;
	if (!group->lease)
		return resets_submit_unclaimed(resets, group, method, waiter, ret);
	if (group->lease->state != LEASE_DIRTY)
		return resets_refuse_held(group, ret);
	if (!resets_choose(resets, group, method, ret))
		return false;
	if (releases_wait(resets->releases, group, waiter) < 0)
		return refusal_set_no_memory(ret);
	log_notice("Group %s is being reset on request%s%s", group->def->name,
		   method ? ", method " : "", str_or(method, ""));
	resets_reset_lease(resets, group);
	return true;
}

/* --- powered off --- */

static bool resets_note_gone(struct record *record, const char *key)
{
	struct record_device *member = record_find_device(record, key);

	if (!member || !member->dirty)
		return false;
	member->dirty = false;
	strv_free(member->resets);
	member->resets = NULL;
	return true;
}

static bool resets_has_dirty(const struct record *record)
{
	VEC_FOREACH(const struct record_device, member, &record->devices)
		if (member->dirty)
			return true;
	return false;
}

void resets_device_removed(const struct resets *resets, const char *key)
{
	VEC_FOREACH(struct devgroup, group, registry_groups(resets->registry)) {
		struct lease *lease = group->lease;

		if (!lease || lease->state != LEASE_DIRTY ||
		    !resets_note_gone(lease->record, key) || resets_has_dirty(lease->record))
			continue;
		log_notice("Group %s is no longer dirty: %s was removed", group->def->name, key);
		resets_reset_lease(resets, group);
		return;
	}
}
