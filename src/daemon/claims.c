/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Starts claims, keeps those that wait in line, and answers each once. A lease carries out what a
 * claim decides.
 */

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/claim-record.h"
#include "daemon/claims.h"
#include "daemon/lease/deadline.h"
#include "daemon/reset-ways.h"
#include "daemon/vf-tokens.h"
#include "policy/plan/plan.h"
#include "policy/plan/reset-plan.h"

struct claim {
	const struct claims *claims;
	struct devgroup *group; /* the group that it waits for, or has made a lease for */
	struct claim_request request;
	char *label;		   /* owned copy of request.label */
	bool queued;		   /* waits in line; else its lease is being made */
	sd_event_source *deadline; /* for the wait in line */
};

/* A claim waits this long for the daemon's own work on its group, even if it asked not to wait. */
#define PROVISION_WAIT_USEC (30 * 1000000ULL)

/* --- claims --- */

static struct claim *claim_free(struct claim *claim)
{
	sd_event_source_disable_unref(claim->deadline);
	free(claim->label);
	free(claim);
	return NULL;
}

DEFINE_CLEANUP(struct claim *, claim_freep, claim_free)

static struct claim *claim_new(const struct claims *claims, struct devgroup *group,
			       const struct claim_request *request)
{
	struct claim *claim = calloc(1, sizeof(*claim));

	if (!claim)
		return NULL;
	claim->claims = claims;
	claim->group = group;
	claim->request = *request;
	if (str_set(&claim->label, request->label) < 0)
		return claim_free(claim);
	claim->request.label = claim->label;
	return claim;
}

/* Counts the claims of one user; @uid NULL: of all. */
static struct limits_count claims_count(const struct registry *registry, const uid_t *uid)
{
	struct limits_count count = { 0 };

	VEC_FOREACH(const struct devgroup, group, registry_groups(registry)) {
		if (group->lease && (!uid || group->lease->record->uid == *uid))
			count.leases++;
		VEC_FOREACH(const struct claim, claim, &group->waiting)
			count.waiting += claim->queued && (!uid || claim->request.uid == *uid);
	}
	return count;
}

bool claims_check_limits(const struct claims *claims, uid_t uid, unsigned n, bool wait,
			 struct refusal *ret)
{
	struct limits_count own, all;

	if (uid == 0)
		return true;
	own = claims_count(claims->registry, &uid);
	all = claims_count(claims->registry, NULL);
	return limits_check(claims->limits, &own, &all, n, wait, ret);
}

static struct claim *claims_find_active(const struct devgroup *group)
{
	VEC_FOREACH(struct claim, claim, &group->waiting)
		if (!claim->queued)
			return claim;
	return NULL;
}

/* Answers and frees @claim. @refusal NULL: the group has its lease. */
static void claims_answer_one(struct claim *claim, const struct refusal *refusal)
{
	vec_remove(&claim->group->waiting, claim);
	claim->request.on_done(claim->group, refusal, claim->request.userdata);
	claim_free(claim);
}

void claims_answer(const struct devgroup *group, const struct refusal *refusal)
{
	struct claim *claim = claims_find_active(group);

	if (claim)
		claims_answer_one(claim, refusal);
}

int claims_plan(const struct claims *claims, const struct devgroup *group,
		const struct claim_request *request, struct record **ret_record,
		struct vec *ret_steps)
{
	_cleanup_record_ struct record *record = NULL;
	_cleanup_reset_plans_ struct vec resets = { 0 };
	_cleanup_steps_ struct vec steps = { 0 };
	int r;

	r = claim_record_new(claims->registry, group, request, &record);
	if (r < 0)
		return r;
	r = reset_ways_find(claims->registry, group, &resets);
	if (r < 0)
		return r;
	r = plan_claim(group->def, &group->resolved, &resets, record, &steps);
	if (r < 0)
		return r;
	r = vf_tokens_complete(claims->registry, claims->provision, group, record, &steps);
	if (r < 0)
		return r;
	*ret_record = TAKE_PTR(record);
	*ret_steps = TAKE_STRUCT(steps);
	return 0;
}

static int claims_plan_and_start_lease(const struct claims *claims, struct devgroup *group,
				       const struct claim_request *request)
{
	_cleanup_record_ struct record *record = NULL;
	_cleanup_steps_ struct vec steps = { 0 };
	int r;

	r = claims_plan(claims, group, request, &record, &steps);
	if (r < 0)
		return r;
	r = claim_record_restore_kept(claims->registry, record);
	if (r < 0)
		return r;
	return leases_start(claims->leases, group, &record, &steps);
}

static bool claims_refuse_errno(const struct devgroup *group, int r, struct refusal *ret)
{
	return refusal_set(ret, REFUSED_BIND_FAILED, "The claim of group %s cannot start: %s.",
			   group->def->name, strerror(-r));
}

/* Checks the permission of a claim that has waited: the definition may have changed. */
static bool claims_check_allowed(const struct claim *claim, struct refusal *ret)
{
	return !claim->queued || !claim->request.still_allowed ||
	       claim->request.still_allowed(claim->group, claim->request.userdata, ret);
}

/* Returns false with *ret if the claim is refused; nothing was done then. */
static bool claims_start_one(struct claim *claim, struct refusal *ret)
{
	const struct claims *claims = claim->claims;
	struct devgroup *group = claim->group;
	int r;

	r = claim_check_read_members(claims->registry, group);
	if (r < 0)
		return claims_refuse_errno(group, r, ret);
	if (!claim_check(claims->registry, group, &claim->request, ret))
		return false;
	if (!claims_check_allowed(claim, ret))
		return false;
	if (!reset_ways_check(claims->registry, group, ret))
		return false;
	r = claims_plan_and_start_lease(claims, group, &claim->request);
	if (r < 0)
		return claims_refuse_errno(group, r, ret);
	claim->queued = false;
	claim->deadline = sd_event_source_disable_unref(claim->deadline);
	return true;
}

static int claims_on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };
	struct claim *claim = userdata;
	const struct claims *claims = claim->claims;

	/* no event starts the line when a hotplug alone has made the group free */
	if (claim_check_refuse_busy(claims->registry, claims->provision, claim->group, &refusal) &&
	    claims_start_one(claim, &refusal))
		return 0;
	claims_answer_one(claim, &refusal);
	return 0;
}

static int claims_join_queue(struct claim *claim)
{
	const struct claims *claims = claim->claims;
	struct claim_request *request = &claim->request;

	claim->queued = true;
	/* the daemon's own work on the group ends soon, and no other claim has the group */
	if (provision_is_changing(claims->provision, claim->group) &&
	    request->wait_usec < PROVISION_WAIT_USEC)
		request->wait_usec = PROVISION_WAIT_USEC;
	log_debug("A claim of group %s by uid %u waits in line", claim->group->def->name,
		  (unsigned)request->uid);
	return deadline_add(host_event(registry_host(claims->registry)), request->wait_usec,
			    claims_on_deadline, claim, &claim->deadline);
}

/* Decides whether a claim of the busy @group may wait. False: *ret_refusal says why not. */
static bool claims_check_wait(const struct claims *claims, const struct devgroup *group,
			      const struct claim_request *request, struct refusal *ret_refusal)
{
	/* with the wrong label it would wait only to be refused */
	if (!claim_check_reserved(group, request, ret_refusal))
		return false;
	if (provision_is_changing(claims->provision, group))
		return true;
	if (request->wait_usec > 0 && !(group->lease && group->lease->state == LEASE_DIRTY))
		return true;
	return claim_check_refuse_busy(claims->registry, claims->provision, group, ret_refusal);
}

/* Puts @claim in line, or starts it. False: refused, and the caller frees it. */
static bool claims_begin(struct claim *claim, bool wait, struct refusal *ret_refusal)
{
	struct vec *waiting = &claim->group->waiting;

	if (vec_add(waiting, claim) < 0)
		return refusal_set_no_memory(ret_refusal);
	if (wait && claims_join_queue(claim) >= 0)
		return true;
	if (!wait && claims_start_one(claim, ret_refusal))
		return true;
	if (wait)
		refusal_set_no_memory(ret_refusal);
	vec_remove(waiting, claim);
	return false;
}

bool claims_submit(const struct claims *claims, struct devgroup *group,
		   const struct claim_request *request, struct claim **ret,
		   struct refusal *ret_refusal)
{
	_cleanup_(claim_freep) struct claim *claim = NULL;
	bool wait;

	wait = claim_check_is_busy(claims->provision, group) || group->waiting.n > 0;
	if (wait && !claims_check_wait(claims, group, request, ret_refusal))
		return false;
	if (!claims_check_limits(claims, request->uid, 1, wait, ret_refusal))
		return false;
	claim = claim_new(claims, group, request);
	if (!claim)
		return refusal_set_no_memory(ret_refusal);
	if (!claims_begin(claim, wait, ret_refusal))
		return false;
	*ret = TAKE_PTR(claim);
	return true;
}

void claims_cancel(struct claim *claim)
{
	struct devgroup *group = claim->group;
	bool queued = claim->queued;

	vec_remove(&group->waiting, claim);
	claim_free(claim);
	if (!queued && group->lease)
		lease_end(group->lease);
}

static void claims_run_queue(const struct claims *claims, struct devgroup *group)
{
	while (group->waiting.n > 0 && !claim_check_is_busy(claims->provision, group)) {
		_cleanup_refusal_ struct refusal refusal = { 0 };
		struct claim *claim = group->waiting.items[0];

		if (!claims_start_one(claim, &refusal))
			claims_answer_one(claim, &refusal);
	}
}

void claims_run_queues(const struct claims *claims)
{
	/* starting a claim neither adds nor removes groups, so the list stays valid */
	VEC_FOREACH(struct devgroup, group, registry_groups(claims->registry))
		claims_run_queue(claims, group);
}

void claims_drop(struct devgroup *group)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };

	refusal_set(&refusal, REFUSED_NO_SUCH_GROUP,
		    "Group %s cannot be claimed: it is no longer defined.", group->def->name);
	while (group->waiting.n > 0)
		claims_answer_one(group->waiting.items[group->waiting.n - 1], &refusal);
}
