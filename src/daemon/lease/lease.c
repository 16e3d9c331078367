/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The life of a lease: it turns requests and reports into events of the state machine, and carries
 * out the actions. No other file acts on a lease.
 */

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/private.h"
#include "base/str.h"
#include "daemon/lease/lease-private.h"
#include "sys/fault.h"
#include "sys/state/lease-pipe.h"
#include "sys/state/run-dir.h"

/* Moves the lease to its next state, announces it and acts. The lease may be gone afterwards. */
static void lease_event(struct lease *lease, enum lease_event event);

/* --- life --- */

static void lease_on_watch(enum lease_event event, void *userdata)
{
	struct lease *lease = userdata;

	if (event == LEASE_END_REQUESTED)
		log_debug("The last copy of the lease of group %s is closed", lease->record->group);
	lease_event(lease, event);
}

int lease_new(struct host *host, struct record *record, const struct lease_observer *observer,
	      void *userdata, struct lease **ret)
{
	struct lease *lease = calloc(1, sizeof(*lease));

	if (!lease)
		return -ENOMEM;
	lease->host = host;
	lease->record = record;
	lease->observer = observer;
	lease->userdata = userdata;
	lease->pipe_read = -EBADF;
	lease->busy_group = IOMMU_GROUP_NONE;
	lease_watch_init(&lease->watch, host_event(host), host_root(host), lease_on_watch, lease);
	*ret = lease;
	return 0;
}

struct lease *lease_free(struct lease *lease)
{
	if (!lease)
		return NULL;
	lease_watch_stop(&lease->watch);
	worker_free(lease->worker);
	lease_fds_clear(lease);
	steps_clear(&lease->steps);
	fd_close(lease->pipe_read);
	refusal_clear(&lease->failure);
	free(lease->holder);
	free(lease->trouble);
	record_free(lease->record);
	free(lease);
	return NULL;
}

const char *lease_visible_state(const struct lease *lease)
{
	return lease_fsm_state_to_string(lease->state);
}

/* --- the worker --- */

static void lease_on_steps_ended(struct worker *worker, const struct worker_result *result,
				 void *userdata)
{
	struct lease *lease = userdata;

	lease_event(lease, lease_outcome_finish(lease, result));
}

static const struct worker_handlers lease_worker_handlers = {
	.step_begins = lease_steps_on_step_begins,
	.step_ended = lease_steps_on_step_ended,
	.on_fd = lease_steps_on_fd,
	.late = lease_steps_on_late,
	.ended = lease_on_steps_ended,
};

/* Starts a worker on @steps, which are taken over. 0 or negative errno. */
static int lease_run_steps(struct lease *lease, struct vec *steps, bool undoing)
{
	struct worker_plan plan = {
		.root = host_root(lease->host),
		.run_dir = host_run_dir(lease->host),
		.name = lease->record->group,
		.verb = undoing ? "release" : "claim",
		.steps = &lease->steps,
		.undoing = undoing,
		.deadline_usec = host_step_usec(lease->host),
	};
	int r;

	steps_clear(&lease->steps);
	lease->steps = TAKE_STRUCT(*steps);
	r = fault_record("start", lease->record->group);
	if (r < 0)
		return r;
	return worker_start(host_event(lease->host), &plan, &lease_worker_handlers, lease,
			    &lease->worker);
}

int lease_claim(struct lease *lease, struct vec *steps)
{
	int r;

	lease->state = LEASE_CLAIMING;
	r = lease_state_save_phase(lease, PHASE_CLAIMING);
	if (r < 0)
		return r;
	r = lease_run_steps(lease, steps, false);
	if (r < 0 && run_dir_remove(host_run_dir(lease->host), lease->record->group) < 0)
		log_error("Cannot remove the record of group %s", lease->record->group);
	return r;
}

/* --- the actions of the state machine --- */

static int lease_watch_holder(struct lease *lease)
{
	if (lease->record->persistent)
		return 0;
	return lease_watch_pipe(&lease->watch, lease->pipe_read);
}

static int lease_prepare_hand_over(struct lease *lease)
{
	int r;

	lease->record->used = true;
	lease->record->new_ids = false;
	r = lease_state_save_phase(lease, PHASE_CLAIMED);
	if (r < 0)
		return r;
	r = lease_fds_add_vf_tokens(lease);
	if (r < 0)
		return r;
	r = lease_fds_add_pipe(lease);
	if (r < 0)
		return r;
	return lease_watch_holder(lease);
}

static void lease_hand_over(struct lease *lease)
{
	int r = lease_prepare_hand_over(lease);

	if (r < 0) {
		log_error_errno(r, "Cannot hand over group %s", lease->record->group);
		refusal_set(&lease->failure, REFUSED_BIND_FAILED,
			    "Group %s cannot be handed over: %s.", lease->record->group,
			    strerror(-r));
		lease_event(lease, LEASE_STEPS_FAILED);
		return;
	}
	log_info("Group %s is claimed by uid %u, pid %d", lease->record->group,
		 (unsigned)lease->record->uid, (int)lease->record->pid);
	lease->observer->changed(lease, lease->userdata);
	lease->observer->claimed(lease, lease->userdata);
}

/* Returns 0 if the steps run, 1 if another lease has to end first, or negative errno. */
static int lease_start_release(struct lease *lease)
{
	_cleanup_steps_ struct vec steps = { 0 };
	int r = lease_release_prepare(lease, &steps);

	if (r != 0)
		return r;
	return lease_run_steps(lease, &steps, true);
}

static void lease_give_back(struct lease *lease)
{
	int r;

	lease_watch_pause(&lease->watch);
	r = lease_start_release(lease);
	if (r > 0)
		lease_event(lease, LEASE_STEPS_BUSY);
	if (r >= 0)
		return;
	lease_state_set_trouble(lease, str_printf("its release cannot start: %s", strerror(-r)));
	log_error_errno(r, "Cannot release group %s", lease->record->group);
	lease_event(lease, LEASE_STEPS_FAILED);
}

static void lease_retry_later(struct lease *lease)
{
	int r = lease_watch_retry_later(&lease->watch);

	if (r < 0)
		log_error_errno(r, "Cannot set a timer, the release of group %s is not retried",
				lease->record->group);
}

static void lease_wait_for_close(struct lease *lease)
{
	lease_retry_later(lease);
	lease->observer->release_delayed(lease, lease->userdata);
	/* The last close may have come between the check and the watch. */
	if (lease_watch_nodes(&lease->watch, lease->busy_group,
			      record_interface_has_iommufd(lease->record->interface)))
		lease_event(lease, LEASE_CLOSED);
}

static int lease_save_dirty(const struct lease *lease)
{
	int r = str_set(&lease->record->trouble, lease->trouble);

	if (r < 0)
		return r;
	/* all users may read it after a restart, too */
	if (lease->record->trouble)
		private_show(lease->record->trouble, PRIVATE_NO_READER);
	return lease_state_save_phase(lease, PHASE_DIRTY);
}

/* Keeps the devices on the drivers of the claim, so that no host driver gets them. */
static void lease_quarantine(struct lease *lease)
{
	int r;

	lease_fds_clear(lease);
	lease_watch_stop(&lease->watch);
	lease_fds_remove_pipe(lease);
	/*
	 * The steps remove new ids before they reset. A device that is bound by such an id from now
	 * on was bound by another process, and stays bound.
	 */
	lease->record->new_ids = false;
	lease->record->recovery = false;
	r = lease_save_dirty(lease);
	if (r < 0)
		log_error_errno(r, "Cannot save that group %s is dirty", lease->record->group);
	lease->observer->release_delayed(lease, lease->userdata);
}

/* Clears the error states: the devices answer, and were reset or accepted by an administrator. */
static void lease_clear_errors(struct lease *lease)
{
	VEC_FOREACH(const struct record_device, member, &lease->record->devices)
		host_clear_errors(lease->host, member->key);
}

static void lease_finish(struct lease *lease)
{
	lease_fds_remove_pipe(lease);
	lease_watch_stop(&lease->watch);
	if (lease_state_refresh_members(lease) < 0)
		log_error("Cannot read the devices of group %s", lease->record->group);
	if (lease->record->recovery && lease->failure.kind == REFUSAL_NONE)
		lease_clear_errors(lease);
	log_info("Group %s is free", lease->record->group);
	lease->observer->ended(lease, lease->userdata);
}

static void lease_act(struct lease *lease, enum lease_action action)
{
	switch (action) {
	case LEASE_DO_NOTHING:
		break;
	case LEASE_HAND_OVER:
		lease_hand_over(lease);
		break;
	case LEASE_GIVE_BACK:
		lease_give_back(lease);
		break;
	case LEASE_WAIT:
		lease_wait_for_close(lease);
		break;
	case LEASE_TRY_LATER:
		lease->observer->release_delayed(lease, lease->userdata);
		lease_retry_later(lease);
		break;
	case LEASE_QUARANTINE:
		lease_quarantine(lease);
		break;
	case LEASE_END:
		lease_finish(lease);
		break;
	}
}

static void lease_event(struct lease *lease, enum lease_event event)
{
	const char *before = lease_visible_state(lease);
	enum lease_action action = lease_state_advance(lease, event);

	/* a lease that is handed over announces its state with the number of its descriptors */
	if (lease->state != LEASE_ENDED && action != LEASE_HAND_OVER &&
	    !str_eq(before, lease_visible_state(lease)))
		lease->observer->changed(lease, lease->userdata);
	lease_act(lease, action);
}

/* --- requests --- */

void lease_end(struct lease *lease)
{
	lease_event(lease, LEASE_END_REQUESTED);
}

void lease_try_again(struct lease *lease)
{
	if (lease->state == LEASE_DRAINING)
		lease_event(lease, LEASE_CLOSED);
}

int lease_reset(struct lease *lease)
{
	int r;

	/*
	 * Treat the devices as used: the reset removes what any user, or the host, may have left.
	 */
	lease->record->used = true;
	record_mark_used(lease->record);
	lease->record->recovery = true;
	refusal_clear(&lease->failure); /* the failure of the claim that made the lease dirty */
	r = lease_state_save(lease);
	if (r < 0)
		return r;
	lease_state_set_trouble(lease, NULL);
	lease_event(lease, LEASE_RESET_REQUESTED);
	return 0;
}

static void lease_adopt_dirty(struct lease *lease)
{
	lease->state = LEASE_DIRTY;
	lease_state_set_trouble(lease, strdup(str_or(lease->record->trouble, "?")));
	log_warning("Group %s is still dirty: %s", lease->record->group,
		    str_or(lease->trouble, "?"));
}

/*
 * Continues a lease of an earlier daemon. Negative errno if its claim was not finished, its holder
 * is gone, or it cannot be watched.
 */
static int lease_resume(struct lease *lease, int pipe_read)
{
	if (pipe_read < 0)
		pipe_read = lease_pipe_reopen(host_run_dir(lease->host), lease->record->lease);
	lease->pipe_read = pipe_read;
	if (lease->record->phase != PHASE_CLAIMED)
		return -ENODATA;
	if (!lease->record->persistent && pipe_read < 0)
		return -ENODATA;
	return lease_watch_holder(lease);
}

void lease_adopt(struct lease *lease, int pipe_read)
{
	if (lease->record->phase == PHASE_DIRTY) {
		fd_close(pipe_read);
		lease_adopt_dirty(lease);
		return;
	}
	lease->state = LEASE_CLAIMED;
	if (lease_resume(lease, pipe_read) < 0) {
		log_info("Group %s is released: its claim was not finished, or its holder is gone",
			 lease->record->group);
		lease_event(lease, LEASE_END_REQUESTED);
		return;
	}
	log_info("Group %s is still claimed by uid %u, pid %d", lease->record->group,
		 (unsigned)lease->record->uid, (int)lease->record->pid);
}
