/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Handles the reports of the worker of a lease while it runs. */

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/private.h"
#include "base/str.h"
#include "daemon/lease/lease-private.h"
#include "sys/process.h"
#include "sys/step/step-run.h"

/* Tells whether the step only asks if the devices are closed, and changes nothing. */
static bool lease_steps_is_check(const struct step *step)
{
	return step->kind == STEP_PROVE_CLOSED || step->kind == STEP_REVOKE;
}

/* Tells whether the step repeats a check of the last try, which is not reported again. */
static bool lease_steps_is_retry(const struct lease *lease, const struct step *step)
{
	return lease_fsm_is_delayed(lease->state) && lease_steps_is_check(step);
}

void lease_steps_on_step_begins(struct worker *worker, unsigned index, void *userdata)
{
	struct lease *lease = userdata;

	if (lease_steps_is_retry(lease, lease->steps.items[index]))
		return;
	lease->observer->step(lease, index, lease->steps.items[index], "running", lease->userdata);
}

/*
 * Saves that the device is reset, while the worker waits. A later daemon may find other functions
 * of the slot on host drivers, and then has no way to reset it.
 */
static void lease_steps_on_verified(struct lease *lease, const struct step *step)
{
	struct record_device *member = record_find_device(lease->record, step->device);
	int r;

	if (!member || !(lease->record->used || lease->record->recovery))
		return;
	member->clean = true;
	r = lease_state_save(lease);
	if (r < 0)
		log_warning_errno(r, "Cannot save that %s has been reset", step->device);
}

/*
 * Notes that the device has left its driver. It is not saved here: a later daemon that does not
 * know it has the device leave its driver once more.
 */
static void lease_steps_on_unbound(struct lease *lease, const struct step *step)
{
	struct record_device *member = record_find_device(lease->record, step->device);

	if (member && !lease_fsm_is_claim(lease->state))
		member->left = true;
}

static void lease_steps_report_end(struct lease *lease, unsigned index, int error)
{
	_cleanup_free_ char *failure = NULL;
	const char *state = error > 0 ? "skipped" : "done";

	if (error < 0) {
		failure = str_printf("failed: %s", strerror(-error));
		state = str_or(failure, "failed");
	}
	lease->observer->step(lease, index, lease->steps.items[index], state, lease->userdata);
}

void lease_steps_on_step_ended(struct worker *worker, unsigned index, int error, void *userdata)
{
	struct lease *lease = userdata;
	const struct step *step = lease->steps.items[index];
	bool hung = lease_fsm_is_hung(lease->state);

	if (step->kind == STEP_VERIFY_RESET && error == 0)
		lease_steps_on_verified(lease, step);
	if (step->kind == STEP_UNBIND && error >= 0)
		lease_steps_on_unbound(lease, step);
	if (!lease_steps_is_retry(lease, step))
		lease_steps_report_end(lease, index, error);
	lease_state_advance(lease, LEASE_STEP_RETURNED);
	if (error >= 0 && !lease_steps_is_check(step))
		lease_state_advance(lease, LEASE_STEP_PROGRESS);
	if (hung) {
		lease_state_set_trouble(lease, NULL);
		lease->observer->changed(lease, lease->userdata);
	}
}

void lease_steps_on_fd(struct worker *worker, const char *kind, const char *name, int fd,
		       void *userdata)
{
	struct lease *lease = userdata;

	if (str_eq(kind, STEP_RUN_VFIO_INFO))
		host_vfio_info_add(lease->host, name);
	else if (lease_fds_add(lease, kind, str_empty(name) ? lease->record->group : name, fd) < 0)
		log_error("Out of memory: a descriptor of group %s is lost", lease->record->group);
}

/*
 * Describes the process that sleeps in the kernel: the worker, or one of an earlier daemon that it
 * waits for. Number and place are for root, as in /proc.
 */
static char *lease_steps_describe_late(const struct worker *worker, const struct step *step)
{
	pid_t before = worker_predecessor(worker), pid = before ? before : worker_pid(worker);
	_cleanup_free_ char *subject = step_subject(step), *wchan = process_wchan(pid);
	_cleanup_free_ char *detail =
		str_printf("process %d%s waits in the kernel (%s)", (int)pid,
			   before ? " of an earlier devgroupd still" : "", str_or(wchan, "?"));
	_cleanup_free_ char *process = NULL;

	if (detail)
		process = private_mark(0, detail,
				       before ? "a process of an earlier devgroupd still waits in "
						"the kernel" :
						"process waits in the kernel");
	if (!process || before)
		return TAKE_PTR(process);
	return str_printf("%s of %s does not return: its %s", step_kind_to_string(step->kind),
			  str_or(subject, "?"), process);
}

void lease_steps_on_late(struct worker *worker, unsigned index, void *userdata)
{
	struct lease *lease = userdata;
	bool claiming = lease->state == LEASE_CLAIMING;

	lease_state_advance(lease, LEASE_STEP_HANGS);
	lease_state_set_trouble(lease,
				lease_steps_describe_late(worker, lease->steps.items[index]));
	log_warning("Group %s is stuck: %s", lease->record->group, str_or(lease->trouble, "?"));
	lease->observer->changed(lease, lease->userdata);
	if (claiming) {
		refusal_set(&lease->failure, REFUSED_STUCK, "Group %s is stuck: %s.",
			    lease->record->group, str_or(lease->trouble, "?"));
		lease->observer->refused(lease, lease->userdata);
	} else {
		lease->observer->release_delayed(lease, lease->userdata);
	}
}
