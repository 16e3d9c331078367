/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Claims: who gets a group, and who waits for it. */

#include <errno.h>
#include <string.h>
#include <systemd/sd-id128.h>

#include "base/clock.h"
#include "base/str.h"
#include "daemon/lease/deadline.h"
#include "daemon/registry-private.h"
#include "policy/plan/vfio-choice.h"
#include "policy/plan/new-id.h"
#include "policy/plan/plan.h"
#include "policy/plan/reset-plan.h"
#include "sys/process.h"
#include "sys/state/run-dir.h"

struct claim {
	struct devgroup *group; /* whose queue it is in, or whose lease it made */
	struct claim_request request;
	char *label; /* request.label's copy */
	bool queued;
	sd_event_source *deadline; /* of the queue */
	claim_fn fn;
	void *userdata;
};

/* How long a claim that will not wait waits nevertheless, for the daemon's own work on the group.
 */
#define PROVISION_WAIT_USEC (30 * 1000000ULL)

/* --- claims --- */

static struct claim *claim_new(struct devgroup *group, const struct claim_request *request,
			       claim_fn fn, void *userdata)
{
	struct claim *claim = calloc(1, sizeof(*claim));

	if (!claim)
		return NULL;
	claim->group = group;
	claim->request = *request;
	claim->fn = fn;
	claim->userdata = userdata;
	if (str_set(&claim->label, request->label) < 0) {
		free(claim);
		return NULL;
	}
	claim->request.label = claim->label;
	return claim;
}

static void claim_free(struct claim *claim)
{
	sd_event_source_disable_unref(claim->deadline);
	free(claim->label);
	free(claim);
}

struct claim_count claims_count(const struct registry *registry, const uid_t *uid)
{
	struct claim_count count = { 0 };

	VEC_FOREACH(const struct devgroup, group, &registry->groups) {
		if (group->lease && (!uid || group->lease->record->uid == *uid))
			count.leases++;
		VEC_FOREACH(const struct claim, claim, &group->waiting)
			count.waiting += claim->queued && (!uid || claim->request.uid == *uid);
	}
	return count;
}

static struct claim *claims_find_active(const struct devgroup *group)
{
	VEC_FOREACH(struct claim, claim, &group->waiting)
		if (!claim->queued)
			return claim;
	return NULL;
}

/* @refusal NULL: it is met. The claim is gone afterwards. */
static void claims_answer_one(struct claim *claim, const struct refusal *refusal)
{
	vec_remove(&claim->group->waiting, claim);
	if (claim->fn)
		claim->fn(claim, claim->group, refusal, claim->userdata);
	claim_free(claim);
}

void claims_answer(const struct devgroup *group, const struct refusal *refusal)
{
	struct claim *claim = claims_find_active(group);

	if (claim)
		claims_answer_one(claim, refusal);
}

bool claims_check_reserved(const struct devgroup *group, const struct claim_request *request,
			   struct refusal *ret)
{
	const char *reserved_for = group->def->reserved_for;

	if (!reserved_for || str_eq(reserved_for, request->label))
		return true;
	return refusal_set(ret, REFUSED_RESERVED,
			   "Group %s is reserved for %s. Claim it with that label.",
			   group->def->name, reserved_for);
}

static bool claims_check_interface(const struct devgroup *group,
				   const struct claim_request *request, struct refusal *ret)
{
	const char *why = vfio_choice_why_no_iommufd(host_inventory(group->registry->host));

	if (request->interface != INTERFACE_IOMMUFD || !why)
		return true;
	return refusal_set(ret, REFUSED_UNSUPPORTED,
			   "Group %s cannot be claimed with the interface \"iommufd\": %s Use "
			   "\"group\" or \"auto\".",
			   group->def->name, why);
}

bool claims_check(const struct devgroup *group, const struct claim_request *request,
		  struct refusal *ret)
{
	const struct blocker *blocker = blockers_first(&group->resolved.blockers, request->force);

	if (group->record_problem)
		return refusal_set(ret, REFUSED_STUCK, "Group %s cannot be claimed: %s",
				   group->def->name, group->record_problem);
	if (!claims_check_reserved(group, request, ret) ||
	    !claims_check_interface(group, request, ret))
		return false;
	if (!blocker)
		return vf_tokens_check(group, ret);
	return refusal_set(ret,
			   str_eq(blocker->code, "shared-group") ? REFUSED_BUSY : REFUSED_BLOCKED,
			   "Group %s cannot be claimed (%s): %s", group->def->name, blocker->code,
			   blocker->text);
}

static int claims_fill_record(struct record *record, const struct claim_request *request)
{
	record->since = clock_usec(CLOCK_REALTIME);
	record->uid = request->uid;
	record->gid = request->gid;
	record->pid = request->pid;
	record->access = request->access;
	record->persistent = request->persistent;
	if (record->pid > 0) {
		/* what cannot be known of a process that is gone already is left unknown */
		if (process_start_time(record->pid, &record->start_time) < 0)
			record->start_time = 0;
		if (process_unit(record->pid, &record->unit) < 0)
			record->unit = NULL;
	}
	return str_set(&record->label, request->label);
}

int claims_new_record(const struct devgroup *group, const struct claim_request *request,
		      struct record **ret)
{
	_cleanup_record_ struct record *record = NULL;
	char id[SD_ID128_STRING_MAX];
	sd_id128_t random;
	int r = sd_id128_randomize(&random);

	if (r < 0)
		return r;
	sd_id128_to_string(random, id);
	id[16] = '\0'; /* 64 bits tell leases apart, and can be read aloud */
	record = record_new(group->def->name, id);
	if (!record)
		return -ENOMEM;
	r = claims_fill_record(record, request);
	if (r < 0)
		return r;
	record->interface = vfio_choice_interface(host_inventory(group->registry->host),
						  request->interface, request->access);
	*ret = TAKE_PTR(record);
	return 0;
}

/* Members are read anew: an override makes no event, and what is decided must be decided on the
 * truth. */
int claims_refresh_members(const struct registry *registry, const struct devgroup *group)
{
	_cleanup_strv_ char **keys = NULL;
	int r;

	VEC_FOREACH(const struct device, device, &group->resolved.devices) {
		r = strv_add(&keys, device->key);
		if (r < 0)
			return r;
	}
	r = host_refresh(registry->host, keys);
	return r < 0 ? r : host_refresh_usage(registry->host);
}

/* What is still on the VFIO driver that an earlier claim has kept it on goes back to what the host
 * had before that. */
static int claims_restore_kept_drivers(const struct registry *registry, struct record *record)
{
	_cleanup_record_ struct record *kept = NULL;
	int r = run_dir_load_kept(host_run_dir(registry->host), record->group, &kept);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	VEC_FOREACH(struct record_device, member, &record->devices) {
		const struct record_device *before = record_find_device(kept, member->key);

		if (!before || !str_eq(before->driver, member->host_driver))
			continue;
		if (str_set(&member->host_driver, before->host_driver) < 0 ||
		    str_set(&member->host_override, before->host_override) < 0)
			return -ENOMEM;
	}
	return 0;
}

int claims_start_lease(struct devgroup *group, struct record **record, struct vec *steps)
{
	struct registry *registry = group->registry;
	struct lease *lease;
	int r = new_id_record(host_inventory(registry->host), steps, *record);

	if (r >= 0)
		r = lease_new(registry->host, *record, &lease_observer_callbacks, group, &lease);
	if (r < 0)
		return r;
	*record = NULL;
	r = lease_claim(lease, steps);
	if (r < 0) {
		lease_free(lease);
		return r;
	}
	group->lease = lease;
	if (registry->events.observer)
		registry->events.observer->lease_added(group, registry->events.userdata);
	registry_refresh(registry);
	return 0;
}

static int claims_plan_and_start_lease(struct registry *registry, struct devgroup *group,
				       const struct claim_request *request)
{
	_cleanup_record_ struct record *record = NULL;
	_cleanup_reset_plans_ struct vec resets = { 0 };
	_cleanup_steps_ struct vec steps = { 0 };
	int r = claims_new_record(group, request, &record);

	if (r >= 0)
		r = resets_find(group, &resets);
	if (r >= 0)
		r = plan_claim(group->def, &group->resolved, &resets, record, &steps);
	if (r >= 0)
		r = vf_tokens_complete(group, record, &steps);
	if (r >= 0)
		r = claims_restore_kept_drivers(registry, record);
	return r < 0 ? r : claims_start_lease(group, &record, &steps);
}

/* False: refused, and nothing was done. */
static bool claims_start_one(struct registry *registry, struct claim *claim, struct refusal *ret)
{
	struct devgroup *group = claim->group;
	int r = claims_refresh_members(registry, group);

	if (r >= 0 && !claims_check(group, &claim->request, ret))
		return false;
	/* the definition may be another one by now than that which allowed it */
	if (claim->queued && claim->request.still_allowed &&
	    !claim->request.still_allowed(group, claim->userdata, ret))
		return false;
	if (r >= 0 && !resets_check(group, ret))
		return false;
	if (r >= 0)
		r = claims_plan_and_start_lease(registry, group, &claim->request);
	if (r < 0)
		return refusal_set(ret, REFUSED_BIND_FAILED,
				   "The claim of group %s cannot start: %s.", group->def->name,
				   strerror(-r));
	claim->queued = false;
	claim->deadline = sd_event_source_disable_unref(claim->deadline);
	return true;
}

bool claims_is_busy(const struct devgroup *group)
{
	if (group->lease || provision_is_changing(group->registry->provision, group))
		return true;
	VEC_FOREACH(const struct blocker, blocker, &group->resolved.blockers)
		if (str_eq(blocker->code, "shared-group"))
			return true;
	return false;
}

bool claims_refuse_busy(const struct devgroup *group, struct refusal *ret)
{
	_cleanup_free_ char *holder = group_holder(group);

	if (provision_is_changing(group->registry->provision, group))
		return refusal_set(
			ret, REFUSED_BUSY,
			"Group %s is still on its way to where its definition wants it. Try again.",
			group->def->name);
	if (group->lease && group->lease->state == LEASE_DIRTY)
		return resets_refuse(group, ret);
	if (!group->lease)
		return claims_check(group,
				    &(struct claim_request){ .label = group->def->reserved_for },
				    ret);
	return refusal_set(ret, REFUSED_BUSY, "Group %s is %s, held by %s.%s%s", group->def->name,
			   lease_visible_state(group->lease), str_or(holder, "?"),
			   group->lease->trouble ? " " : "", str_or(group->lease->trouble, ""));
}

static int claims_on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };
	struct claim *claim = userdata;

	claims_refuse_busy(claim->group, &refusal);
	claims_answer_one(claim, &refusal);
	return 0;
}

static int claims_join_queue(struct registry *registry, struct claim *claim)
{
	claim->queued = true;
	/* what the daemon itself does with the group is over soon, and nobody else has it */
	if (provision_is_changing(registry->provision, claim->group) &&
	    claim->request.wait_usec < PROVISION_WAIT_USEC)
		claim->request.wait_usec = PROVISION_WAIT_USEC;
	return deadline_add(host_event(registry->host), claim->request.wait_usec,
			    claims_on_deadline, claim, &claim->deadline);
}

bool claims_submit(struct registry *registry, const char *name, const struct claim_request *request,
		   claim_fn fn, void *userdata, struct claim **ret, struct refusal *ret_refusal)
{
	struct devgroup *group = registry_find(registry, name);
	struct claim *claim;
	bool wait;

	if (!group)
		return refusal_set(
			ret_refusal, REFUSED_NO_SUCH_GROUP,
			"There is no group %s. \"devgroupctl list\" shows those there are.", name);
	wait = claims_is_busy(group) || group->waiting.n > 0;
	/* under another label it would be refused whenever it came to its turn */
	if (wait && !claims_check_reserved(group, request, ret_refusal))
		return false;
	if (wait && !provision_is_changing(registry->provision, group) &&
	    (request->wait_usec == 0 || (group->lease && group->lease->state == LEASE_DIRTY)))
		return claims_refuse_busy(group, ret_refusal);
	if (!limits_check(registry, request->uid, 1, wait, ret_refusal))
		return false;
	claim = claim_new(group, request, fn, userdata);
	if (!claim || vec_add(&group->waiting, claim) < 0) {
		if (claim)
			claim_free(claim);
		return refusal_set(ret_refusal, REFUSED_NO_MEMORY, "Out of memory.");
	}
	if (wait ? claims_join_queue(registry, claim) < 0 :
		   !claims_start_one(registry, claim, ret_refusal)) {
		if (wait)
			refusal_set(ret_refusal, REFUSED_NO_MEMORY, "Out of memory.");
		vec_remove(&group->waiting, claim);
		claim_free(claim);
		return false;
	}
	*ret = claim;
	return true;
}

void claims_cancel(struct registry *registry, struct claim *claim)
{
	struct devgroup *group = claim->group;
	bool queued = claim->queued;

	claim->fn = NULL;
	vec_remove(&group->waiting, claim);
	claim_free(claim);
	if (!queued && group->lease)
		lease_end(group->lease);
}

static void claims_run_queue(struct registry *registry, struct devgroup *group)
{
	while (group->waiting.n > 0 && !claims_is_busy(group)) {
		_cleanup_refusal_ struct refusal refusal = { 0 };
		struct claim *claim = group->waiting.items[0];

		if (!claims_start_one(registry, claim, &refusal))
			claims_answer_one(claim, &refusal);
	}
}

void claims_run_queues(struct registry *registry)
{
	/* a claim that starts changes no group's place in the list */
	VEC_FOREACH(struct devgroup, group, &registry->groups)
		claims_run_queue(registry, group);
}

void claims_drop(struct registry *registry, struct devgroup *group)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };

	refusal_set(&refusal, REFUSED_NO_SUCH_GROUP, "Group %s is no longer defined.",
		    group->def->name);
	while (group->waiting.n > 0)
		claims_answer_one(group->waiting.items[group->waiting.n - 1], &refusal);
}
