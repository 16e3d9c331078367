/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Decides what the end of a worker is for its lease: done, failed, busy or dirty. It reads the host
 * back and removes the record, and leaves actions to lease.c.
 */

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/lease/lease-private.h"
#include "policy/plan/plan.h"
#include "sys/state/run-dir.h"

/* Returns the step that failed; NULL: none did, or none is to blame. */
static const struct step *lease_outcome_find_failed(const struct lease *lease,
						    const struct worker_result *result)
{
	if (result->error >= 0 || result->index >= lease->steps.n)
		return NULL;
	return lease->steps.items[result->index];
}

/* Tells whether the steps ended because another process has the devices open. */
static bool lease_outcome_is_held_open(const struct lease *lease,
				       const struct worker_result *result)
{
	const struct step *step = lease_outcome_find_failed(lease, result);

	return step && result->error == -EBUSY && step->kind == STEP_PROVE_CLOSED;
}

/*
 * Tells whether the end counts as busy. In a claim it does only before the first change. A claim
 * also checks before some resets: then it has something to undo, and has failed.
 */
static bool lease_outcome_is_busy(const struct lease *lease, const struct worker_result *result)
{
	if (!lease_outcome_is_held_open(lease, result))
		return false;
	if (!lease_fsm_is_claim(lease->state))
		return true;
	for (size_t i = 0; i < result->index; i++)
		if (((const struct step *)lease->steps.items[i])->kind != STEP_PROVE_CLOSED)
			return false;
	return true;
}

/*
 * Tells whether the device has been taken out, with all that was in it. Its event may not have been
 * handled yet.
 */
static bool lease_outcome_device_is_gone(struct lease *lease, const char *key)
{
	return lease_state_refresh_members(lease) >= 0 &&
	       !inventory_find(host_inventory(lease->host), key);
}

/*
 * Tells whether a device stays dirty. A device that a holder has used must have been reset. A
 * device that comes from the host only has to answer: then the claim fails, and the host gets it
 * back.
 */
static bool lease_outcome_is_dirty(struct lease *lease, const struct worker_result *result)
{
	const struct step *step = lease_outcome_find_failed(lease, result);

	if (!step || step->kind != STEP_VERIFY_RESET)
		return false;
	if (result->error == -ECHILD) /* killed before its check: the next try checks again */
		return false;
	if (result->error == -EREMOTEIO && !lease->record->used && !lease->record->recovery)
		return false;
	return !lease_outcome_device_is_gone(lease, step->device);
}

static void lease_outcome_on_dirty(struct lease *lease, const struct worker_result *result)
{
	const struct step *step = lease->steps.items[result->index];
	struct record_device *member = record_find_device(lease->record, step->device);

	if (member)
		member->dirty = true;
	lease_state_set_trouble(lease, str_printf("%s: %s", step->device,
						  str_or(result->cause, strerror(-result->error))));
	log_error("Group %s is dirty: %s", lease->record->group, str_or(lease->trouble, "?"));
	if (!lease->record->used && !lease->record->recovery && lease->failure.kind == REFUSAL_NONE)
		refusal_set(&lease->failure, REFUSED_RESET_FAILED,
			    "Claim of group %s failed: %s. The group is dirty now. Run "
			    "\"devgroupctl reset %s\" before the next claim.",
			    lease->record->group, str_or(lease->trouble, "?"),
			    lease->record->group);
}

/*
 * Makes the lease dirty: the next user could read what an error has left in the device. An
 * administrator decides.
 */
static void lease_outcome_on_state_lost(struct lease *lease)
{
	const struct inventory *inv = host_inventory(lease->host);
	const struct device *lost = plan_release_find_lost(inv, lease->record);

	VEC_FOREACH(struct record_device, member, &lease->record->devices) {
		const struct device *device = inventory_find(inv, member->key);

		member->dirty = device && error_state_is_lost(device->errors.state);
	}
	lease_state_set_trouble(lease, lost ? str_printf("%s %s", lost->key,
							 error_state_explain(lost->errors.state)) :
					      strdup("a device has lost its state by an error"));
	log_error("Group %s is dirty: %s", lease->record->group, str_or(lease->trouble, "?"));
}

static enum refusal_kind lease_outcome_refusal_kind(const struct lease *lease,
						    const struct worker_result *result)
{
	const struct step *step = lease_outcome_find_failed(lease, result);

	if (lease_outcome_is_held_open(lease, result))
		return REFUSED_IN_USE;
	if (step && step->kind == STEP_VERIFY_RESET)
		return REFUSED_RESET_FAILED;
	return REFUSED_BIND_FAILED;
}

static void lease_outcome_on_claim_failed(struct lease *lease, const struct worker_result *result,
					  const char *text, bool busy)
{
	const char *undone = "All changes have been undone.";

	if (lease->failure.kind != REFUSAL_NONE) /* already reported */
		return;
	if (lease_outcome_is_held_open(lease, result))
		undone = busy ? "Nothing was touched." :
				"All changes are undone when the devices are closed.";
	refusal_set(&lease->failure, lease_outcome_refusal_kind(lease, result),
		    "%s of group %s failed: %s. %s", lease->record->recovery ? "Reset" : "Claim",
		    lease->record->group, str_or(text, "?"), undone);
	log_warning("%s", str_or(lease->failure.text, "Out of memory"));
}

/* Takes @text over. */
static void lease_outcome_on_release_failed(struct lease *lease, char *text, bool busy)
{
	if (str_eq(text, lease->trouble)) { /* already reported */
		free(text);
		return;
	}
	lease_state_set_trouble(lease, text);
	log_line(busy ? LOG_INFO : LOG_WARNING, "Group %s is not back yet: %s",
		 lease->record->group, str_or(lease->trouble, "?"));
	if (lease_fsm_is_delayed(lease->state)) /* else lease.c announces a new state */
		lease->observer->changed(lease, lease->userdata);
}

static void lease_outcome_on_failed(struct lease *lease, const struct worker_result *result,
				    bool busy)
{
	_cleanup_free_ char *text = NULL;

	if (lease_outcome_is_held_open(lease, result) && result->cause)
		text = strdup(result->cause);
	else
		text = worker_describe_failure(&lease->steps, result);
	if (lease_fsm_is_claim(lease->state))
		lease_outcome_on_claim_failed(lease, result, text, busy);
	else
		lease_outcome_on_release_failed(lease, TAKE_PTR(text), busy);
}

/* Reads the devices back: only their state counts, and not what the steps reported. */
static bool lease_outcome_devices_restored(struct lease *lease)
{
	static const char text[] = "its steps are done, but its devices are not back";
	int r = lease_state_refresh_members(lease);

	if (r < 0) {
		lease_state_set_trouble(lease, str_printf("%s: %s", text, strerror(-r)));
		return false;
	}
	if (plan_release_is_complete(host_inventory(lease->host), lease->record))
		return true;
	lease_state_set_trouble(lease, strdup(text));
	return false;
}

/*
 * Removes the record. If that fails the lease is not over: the next daemon would release it again.
 */
static bool lease_outcome_remove_record(struct lease *lease)
{
	int r = run_dir_remove(host_run_dir(lease->host), lease->record->group);

	if (r >= 0)
		return true;
	lease_state_set_trouble(lease,
				str_printf("its record cannot be removed: %s", strerror(-r)));
	log_error_errno(r, "Cannot remove the record of group %s", lease->record->group);
	return false;
}

/*
 * Checks @event before it is acted on. A lease ends only when its devices and its record are gone.
 * A hand-over first reads its devices again.
 */
static enum lease_event lease_outcome_confirm(struct lease *lease, enum lease_event event)
{
	enum lease_action action = lease_fsm(lease->state, event).action;

	if (action == LEASE_HAND_OVER && lease_state_refresh_members(lease) < 0)
		log_warning(
			"Cannot read the devices of group %s, their properties may be out of date",
			lease->record->group);
	if (action != LEASE_END)
		return event;
	if (event == LEASE_STEPS_DONE && !lease_outcome_devices_restored(lease))
		return LEASE_STEPS_FAILED;
	return lease_outcome_remove_record(lease) ? event : LEASE_STEPS_FAILED;
}

/* The process that has the devices open may change them. */
static void lease_outcome_on_busy(struct lease *lease, const struct worker_result *result)
{
	const struct step *step = lease->steps.items[result->index];

	record_mark_used(lease->record);
	lease->busy_group = step->iommu_group;
}

static enum lease_event lease_outcome_judge(struct lease *lease, const struct worker_result *result)
{
	if (result->error >= 0)
		return LEASE_STEPS_DONE;
	if (lease_outcome_is_busy(lease, result))
		return LEASE_STEPS_BUSY;
	if (lease_outcome_is_dirty(lease, result))
		return LEASE_STEPS_DIRTY;
	return LEASE_STEPS_FAILED;
}

enum lease_event lease_outcome_finish(struct lease *lease, const struct worker_result *result)
{
	enum lease_event event = lease_outcome_judge(lease, result);

	if (event == LEASE_STEPS_DIRTY) {
		lease_outcome_on_dirty(lease, result);
	} else if (event == LEASE_STEPS_BUSY) {
		lease_outcome_on_failed(lease, result, true);
		lease_outcome_on_busy(lease, result);
	} else if (event == LEASE_STEPS_FAILED) {
		lease_outcome_on_failed(lease, result, false);
	} else if (lease->keeps_dirty) {
		lease_outcome_on_state_lost(lease);
		event = LEASE_STEPS_DIRTY;
	}
	lease_state_advance(lease, LEASE_STEP_RETURNED);
	lease->worker = worker_free(lease->worker);
	return lease_outcome_confirm(lease, event);
}
