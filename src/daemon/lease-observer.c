/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a lease tells: to whoever claimed its group, to whoever waits for its end, and to the bus.
 */

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/lease/lease-files.h"
#include "daemon/lease/lease-nodes.h"
#include "daemon/registry-private.h"
#include "sys/step/memlock.h"

static void lease_observer_on_changed(struct lease *lease, void *userdata)
{
	struct devgroup *group = userdata;
	struct registry *registry = group->registry;

	if (registry->events.observer)
		registry->events.observer->lease_changed(group, registry->events.userdata);
	registry_refresh(registry);
}

static void lease_observer_on_step(struct lease *lease, unsigned index, const struct step *step,
				   const char *state, void *userdata)
{
	struct devgroup *group = userdata;
	struct registry *registry = group->registry;

	if (registry->events.observer)
		registry->events.observer->lease_step(group, index, (unsigned)lease->steps.n, step,
						      state, registry->events.userdata);
}

/* Before it has the descriptors: what it maps with them is locked memory. */
static void lease_observer_raise_memlock(const struct devgroup *group, const struct record *record)
{
	int r;

	if (group->def->memlock == 0 || record->pid <= 0)
		return;
	r = memlock_raise(record->pid, record->uid, record->start_time, group->def->memlock);
	if (r < 0 && r != -ESRCH)
		log_warning_errno(r,
				  "Cannot raise the limit of locked memory of pid %d, for group %s",
				  (int)record->pid, record->group);
	else if (r > 0)
		log_debug("The limit of locked memory of pid %d is raised, for group %s",
			  (int)record->pid, record->group);
}

static void lease_observer_on_claimed(struct lease *lease, void *userdata)
{
	lease_observer_raise_memlock(userdata, lease->record);
	claims_answer(userdata, NULL);
}

static void lease_observer_on_refused(struct lease *lease, void *userdata)
{
	claims_answer(userdata, &lease->failure);
}

/* Whoever waits is told now if it will not be soon; while it drains, their own deadline decides. */
static void lease_observer_on_delayed(struct lease *lease, void *userdata)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };
	struct devgroup *group = userdata;

	/* a claim that has failed is told so, though it is undone only when somebody closes what he
	 * has opened */
	if (lease->state != LEASE_DRAINING || lease->failure.kind != REFUSAL_NONE)
		lease_observer_on_refused(lease, userdata);
	if (lease->state == LEASE_DRAINING)
		return;
	if (lease->state == LEASE_DIRTY) {
		resets_refuse(group, &refusal);
		releases_answer(group, &refusal);
		lease_observer_on_changed(lease, userdata);
		return;
	}
	refusal_set(&refusal, REFUSED_STUCK,
		    "Group %s is not back: %s. It is tried again by itself.", group->def->name,
		    str_or(lease->trouble, "?"));
	releases_answer(group, &refusal);
}

static int lease_observer_list_others(struct lease *lease, char ***ret, void *userdata)
{
	const struct devgroup *own = userdata;

	VEC_FOREACH(const struct devgroup, group, &own->registry->groups) {
		if (group == own || !group->lease)
			continue;
		VEC_FOREACH(const struct record_device, member, &group->lease->record->devices)
			if (strv_add(ret, member->key) < 0)
				return -ENOMEM;
	}
	return 0;
}

/* Takes back what no release step did, since the leases of one user share it. */
static void lease_observer_revoke_nodes(const struct registry *registry, const struct lease *lease)
{
	VEC_FOREACH(const struct devgroup, group, &registry->groups)
		if (group->lease && group->lease != lease &&
		    lease_nodes_are_shared(lease, group->lease))
			return;
	lease_nodes_revoke(lease);
}

static void lease_observer_on_ended(struct lease *lease, void *userdata)
{
	struct devgroup *group = userdata;
	struct registry *registry = group->registry;
	_cleanup_free_ char *id = strdup(lease->record->lease);
	_cleanup_refusal_ struct refusal failure = { 0 };

	if (lease->record->recovery) {
		failure = lease->failure;
		lease->failure = (struct refusal){ 0 };
	} else if (lease->failure.kind == REFUSAL_NONE) {
		refusal_set(&lease->failure, REFUSED_BUSY,
			    "Group %s was released before its claim was done.", group->def->name);
	}
	lease_observer_on_refused(lease, group);
	lease_observer_revoke_nodes(registry, lease);
	lease_files_revoke(lease);
	group->lease = NULL;
	lease_free(lease);
	host_restart_usage_walk(registry->host);
	if (id && registry->events.observer)
		registry->events.observer->lease_removed(id, registry->events.userdata);
	registry_refresh(registry);
	releases_answer(group, failure.kind == REFUSAL_NONE ? NULL : &failure);
	vf_tokens_lease_ended(registry);
	if (group->orphan)
		registry_remove_group(registry, group);
	claims_run_queues(registry);
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
