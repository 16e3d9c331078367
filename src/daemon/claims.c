/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Starts claims, keeps those that wait in line, and answers each once. A lease carries out what a
 * claim decides.
 */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "daemon/claim-record.h"
#include "daemon/claims.h"
#include "daemon/lease/deadline.h"
#include "daemon/reset-ways.h"
#include "daemon/vf-tokens.h"
#include "policy/plan/plan.h"
#include "policy/plan/reset-plan.h"

enum claim_state {
	CLAIM_WAITS,  /* in line */
	CLAIM_CHECKS, /* is the first, and waits until the usage of the devices was read */
	CLAIM_STARTS, /* a lease is being made for it */
};

struct claim {
	const struct claims *claims;
	struct devgroup *group; /* the group that it waits for, or has made a lease for */
	struct claim_request request;
	char *label; /* owned copy of request.label */
	enum claim_state state;
	uint64_t asked_usec;	     /* when it came, by CLOCK_MONOTONIC */
	sd_event_source *deadline;   /* for the wait in line */
	struct usage_demand *demand; /* of CLAIM_CHECKS */
};

/*
 * A claim waits this long for the daemon's own work on its group, and for the decision on a claim
 * before it, even if it asked not to wait.
 */
#define SHORT_WAIT_USEC (30 * 1000000ULL)

/* --- claims --- */

static struct claim *claim_free(struct claim *claim)
{
	sd_event_source_disable_unref(claim->deadline);
	host_forget_usage(registry_host(claim->claims->registry), claim->demand);
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
	claim->asked_usec = clock_usec(CLOCK_MONOTONIC);
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
		VEC_FOREACH(const struct claim, claim, &group->waiting) {
			bool counts = !uid || claim->request.uid == *uid;

			count.waiting += counts && claim->state == CLAIM_WAITS;
			count.leases += counts && claim->state == CLAIM_CHECKS;
		}
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

/* Finds the claim of a group in this state: one at most for all but CLAIM_WAITS. */
static struct claim *claims_find(const struct devgroup *group, enum claim_state state)
{
	VEC_FOREACH(struct claim, claim, &group->waiting)
		if (claim->state == state)
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
	struct claim *claim = claims_find(group, CLAIM_STARTS);

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

/* Checks the permission again: the definition may have changed. */
static bool claims_check_allowed(const struct claim *claim, struct refusal *ret)
{
	return !claim->request.still_allowed ||
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
	claim->state = CLAIM_STARTS;
	return true;
}

/* --- waiting --- */

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

static void claims_run_queue(const struct claims *claims, struct devgroup *group);
static int claims_on_deadline(sd_event_source *source, uint64_t usec, void *userdata);

/* Returns how much longer the claim wants to wait. */
static uint64_t claims_left(const struct claim *claim)
{
	uint64_t passed = clock_usec(CLOCK_MONOTONIC) - claim->asked_usec;
	uint64_t wanted = claim->request.wait_usec;

	return passed < wanted ? wanted - passed : 0;
}

/* Tells whether the claim waits even if it does not want to: what it waits for ends soon. */
static bool claims_waits_anyway(const struct claim *claim)
{
	return provision_is_changing(claim->claims->provision, claim->group) ||
	       claims_find(claim->group, CLAIM_CHECKS);
}

/* Lets the claim wait at its place in line. 0 or negative errno. */
static int claims_wait(struct claim *claim)
{
	uint64_t usec = claims_left(claim);

	claim->state = CLAIM_WAITS;
	if (usec < SHORT_WAIT_USEC && claims_waits_anyway(claim))
		usec = SHORT_WAIT_USEC;
	log_debug("A claim of group %s by uid %u waits in line", claim->group->def->name,
		  (unsigned)claim->request.uid);
	return deadline_add(host_event(registry_host(claim->claims->registry)), usec,
			    claims_on_deadline, claim, &claim->deadline);
}

/* Refuses the claims that wait only for the decision on another one: it has the group now. */
static void claims_refuse_hasty(const struct claims *claims, struct devgroup *group)
{
	for (size_t i = group->waiting.n; i-- > 0;) {
		_cleanup_refusal_ struct refusal refusal = { 0 };
		struct claim *claim = group->waiting.items[i];

		if (claim->state != CLAIM_WAITS || claims_left(claim) > 0 ||
		    provision_is_changing(claims->provision, group) ||
		    claim_check_refuse_busy(claims->registry, claims->provision, group, &refusal))
			continue;
		claims_answer_one(claim, &refusal);
	}
}

/* --- the decision --- */

/* Returns false with *ret if the claim is refused. It may wait again, or have its lease. */
static bool claims_decide(struct claim *claim, int r, struct refusal *ret)
{
	const struct claims *claims = claim->claims;
	struct devgroup *group = claim->group;

	if (r < 0)
		return refusal_set(ret, REFUSED_TIMEOUT,
				   "Group %s cannot be claimed: the use of its devices by the host "
				   "could not be read (%s). Try again.",
				   group->def->name, strerror(-r));
	/* the group may have become busy while the usage was read */
	if (!claim_check_is_busy(claims->provision, group))
		return claims_start_one(claim, ret);
	if (!claims_check_wait(claims, group, &claim->request, ret))
		return false;
	return claims_wait(claim) >= 0 || refusal_set_no_memory(ret);
}

static void claims_on_usage(int r, void *userdata)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };
	struct claim *claim = userdata;
	const struct claims *claims = claim->claims;
	struct devgroup *group = claim->group;

	claim->demand = NULL;
	if (!claims_decide(claim, r, &refusal))
		claims_answer_one(claim, &refusal);
	if (group->lease)
		claims_refuse_hasty(claims, group);
	claims_run_queue(claims, group);
}

/* Starts a claim that is the first in line. 0 or -ENOMEM. */
static int claims_check_one(struct claim *claim)
{
	claim->state = CLAIM_CHECKS;
	claim->deadline = sd_event_source_disable_unref(claim->deadline);
	return host_demand_usage(registry_host(claim->claims->registry), claims_on_usage, claim,
				 &claim->demand);
}

static bool claims_is_first(const struct claim *claim)
{
	return claim->group->waiting.items[0] == claim;
}

static int claims_on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };
	struct claim *claim = userdata;
	const struct claims *claims = claim->claims;

	/* no event starts the line when a hotplug alone has made the group free */
	if (claim_check_refuse_busy(claims->registry, claims->provision, claim->group, &refusal)) {
		if (claims_is_first(claim) && claims_check_one(claim) >= 0)
			return 0;
		refusal_set(&refusal, REFUSED_BUSY,
			    "Group %s is busy: other claims are before this one. Try again.",
			    claim->group->def->name);
	}
	claims_answer_one(claim, &refusal);
	return 0;
}

/* Puts @claim in line, or starts it. False: refused, and the caller frees it. */
static bool claims_begin(struct claim *claim, bool wait, struct refusal *ret_refusal)
{
	struct vec *waiting = &claim->group->waiting;
	int r = vec_add(waiting, claim);

	if (r >= 0)
		r = wait ? claims_wait(claim) : claims_check_one(claim);
	if (r >= 0)
		return true;
	vec_remove(waiting, claim);
	return refusal_set_no_memory(ret_refusal);
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
	const struct claims *claims = claim->claims;
	struct devgroup *group = claim->group;
	enum claim_state state = claim->state;

	vec_remove(&group->waiting, claim);
	claim_free(claim);
	if (state == CLAIM_STARTS && group->lease)
		lease_end(group->lease);
	if (state == CLAIM_CHECKS)
		claims_run_queue(claims, group);
}

/* Starts the first in line. The next follows when that one is decided. */
static void claims_run_queue(const struct claims *claims, struct devgroup *group)
{
	while (group->waiting.n > 0 && !claim_check_is_busy(claims->provision, group)) {
		_cleanup_refusal_ struct refusal refusal = { 0 };
		struct claim *claim = group->waiting.items[0];

		if (claim->state != CLAIM_WAITS || claims_check_one(claim) >= 0)
			return;
		refusal_set_no_memory(&refusal);
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
