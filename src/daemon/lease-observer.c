/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Passes the events of a lease to its claim, to callers that wait for its end, and to the bus. */

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/lease-observer.h"
#include "daemon/manager.h"
#include "daemon/reset-ways.h"
#include "daemon/vf-tokens.h"
#include "sys/step/memlock.h"

/* Finds the group of a lease. It always exists: a group with a lease is never removed. */
static struct devgroup *lease_observer_group(const struct manager *manager,
					     const struct lease *lease)
{
	return registry_find(manager->registry, lease->record->group);
}

static void lease_observer_refresh(struct manager *manager)
{
	registry_refresh(manager->registry);
	provision_run(manager->provision);
}

static void lease_observer_on_changed(struct lease *lease, void *userdata)
{
	struct manager *manager = userdata;
	const struct events *events = registry_events(manager->registry);

	if (events->observer)
		events->observer->lease_changed(lease_observer_group(manager, lease),
						events->userdata);
	lease_observer_refresh(manager);
}

static void lease_observer_on_step(struct lease *lease, unsigned index, const struct step *step,
				   const char *state, void *userdata)
{
	struct manager *manager = userdata;
	const struct events *events = registry_events(manager->registry);

	if (events->observer)
		events->observer->lease_step(lease_observer_group(manager, lease), index,
					     (unsigned)lease->steps.n, step, state,
					     events->userdata);
}

/* Raises the limit before the claimer has the descriptors: memory that it maps is locked. */
static void lease_observer_raise_memlock(const struct devgroup *group, const struct record *record)
{
	int r;

	if (group->def->memlock == 0 || record->pid <= 0)
		return;
	r = memlock_raise(record->pid, record->uid, record->start_time, group->def->memlock);
	if (r < 0 && r != -ESRCH)
		log_warning_errno(r,
				  "Cannot raise the limit of locked memory of pid %d for group %s",
				  (int)record->pid, record->group);
	else if (r > 0)
		log_debug("The limit of locked memory of pid %d was raised for group %s",
			  (int)record->pid, record->group);
}

static void lease_observer_on_claimed(struct lease *lease, void *userdata)
{
	struct devgroup *group = lease_observer_group(userdata, lease);

	lease_observer_raise_memlock(group, lease->record);
	claims_answer(group, NULL);
}

static void lease_observer_on_refused(struct lease *lease, void *userdata)
{
	claims_answer(lease_observer_group(userdata, lease), &lease->failure);
}

/*
 * Answers the callers that wait for the end if it will not come soon. While the lease drains, the
 * deadline of each caller decides.
 */
static void lease_observer_on_delayed(struct lease *lease, void *userdata)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };
	struct manager *manager = userdata;
	struct devgroup *group = lease_observer_group(manager, lease);

	/* a failed claim is refused now, although undoing it waits for the last close */
	if (lease->state != LEASE_DRAINING || lease->failure.kind != REFUSAL_NONE)
		lease_observer_on_refused(lease, userdata);
	if (lease->state == LEASE_DRAINING)
		return;
	if (lease->state == LEASE_DIRTY) {
		reset_ways_refuse_dirty(group, &refusal);
		releases_answer(&manager->releases, group, &refusal);
		lease_observer_on_changed(lease, userdata);
		return;
	}
	refusal_set(&refusal, REFUSED_STUCK,
		    "Group %s is not released: %s. The daemon tries again.", group->def->name,
		    str_or(lease->trouble, "?"));
	releases_answer(&manager->releases, group, &refusal);
}

static int lease_observer_list_others(struct lease *lease, char ***ret, void *userdata)
{
	const struct manager *manager = userdata;

	return registry_claimed_keys(manager->registry, lease_observer_group(manager, lease), ret);
}

static void lease_observer_on_ended(struct lease *lease, void *userdata)
{
	struct manager *manager = userdata;
	struct devgroup *group = lease_observer_group(manager, lease);
	_cleanup_refusal_ struct refusal failure = { 0 };

	if (lease->record->recovery) {
		failure = TAKE_STRUCT(lease->failure);
	} else if (lease->failure.kind == REFUSAL_NONE) {
		refusal_set(&lease->failure, REFUSED_BUSY,
			    "The claim of group %s failed: the group was released before the claim "
			    "was done. Claim it again.",
			    group->def->name);
	}
	claims_answer(group, &lease->failure);
	leases_drop(&manager->leases, group);
	lease_observer_refresh(manager);
	releases_answer(&manager->releases, group, failure.kind == REFUSAL_NONE ? NULL : &failure);
	vf_tokens_lease_ended(manager->registry);
	if (group->orphan) {
		claims_drop(group);
		registry_remove_group(manager->registry, group);
	}
	claims_run_queues(&manager->claims);
}

const struct lease_observer lease_observer_callbacks = {
	.changed = lease_observer_on_changed,
	.step = lease_observer_on_step,
	.claimed = lease_observer_on_claimed,
	.refused = lease_observer_on_refused,
	.release_delayed = lease_observer_on_delayed,
	.list_others = lease_observer_list_others,
	.ended = lease_observer_on_ended,
};
