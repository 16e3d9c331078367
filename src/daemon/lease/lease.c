/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/lease/lease-private.h"
#include "policy/plan/plan.h"
#include "sys/fault.h"
#include "sys/state/fd-store.h"
#include "sys/state/lease-pipe.h"
#include "sys/state/run-dir.h"

/* --- life --- */

static void *lease_fd_free(void *data)
{
	struct lease_fd *entry = data;

	free(entry->kind);
	free(entry->name);
	fd_close(entry->fd);
	free(entry);
	return NULL;
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
	lease->watched_group = IOMMU_GROUP_NONE;
	*ret = lease;
	return 0;
}

struct lease *lease_free(struct lease *lease)
{
	if (!lease)
		return NULL;
	lease_watch_stop(lease);
	worker_free(lease->worker);
	vec_clear(&lease->fds, lease_fd_free);
	steps_clear(&lease->steps);
	fd_close(lease->pipe_read);
	refusal_clear(&lease->failure);
	free(lease->holder);
	free(lease->trouble);
	record_free(lease->record);
	free(lease);
	return NULL;
}

unsigned lease_fds_left(const struct lease *lease)
{
	unsigned n = 0;

	VEC_FOREACH(const struct lease_fd, entry, &lease->fds)
		n += entry->fd >= 0;
	return n;
}

void lease_drop_fds(struct lease *lease)
{
	VEC_FOREACH(struct lease_fd, entry, &lease->fds)
		entry->fd = fd_close(entry->fd);
}

const char *lease_visible_state(const struct lease *lease)
{
	return lease_fsm_state_to_string(lease->state);
}

/* Takes @text over. */
void lease_set_trouble(struct lease *lease, char *text)
{
	free(lease->trouble);
	lease->trouble = text;
}

int lease_add_fd(struct lease *lease, const char *kind, const char *name, int fd)
{
	struct lease_fd *entry = calloc(1, sizeof(*entry));

	if (!entry) {
		fd_close(fd);
		return -ENOMEM;
	}
	entry->fd = fd;
	entry->kind = strdup(kind);
	entry->name = strdup(name);
	if (!entry->kind || !entry->name || vec_add(&lease->fds, entry) < 0) {
		lease_fd_free(entry);
		return -ENOMEM;
	}
	return 0;
}

/* --- claim --- */

int lease_claim(struct lease *lease, struct vec *steps)
{
	int r;

	lease->state = LEASE_CLAIMING;
	lease->record->phase = PHASE_CLAIMING;
	r = run_dir_save(host_run_dir(lease->host), lease->record);
	if (r < 0)
		return r;
	r = lease_steps_run(lease, steps, false);
	if (r < 0 && run_dir_remove(host_run_dir(lease->host), lease->record->group) < 0)
		log_error("Cannot remove the record of group %s", lease->record->group);
	return r;
}

/* --- the actions of the state machine --- */

static int lease_save_phase(struct lease *lease, enum record_phase phase)
{
	lease->record->phase = phase;
	return run_dir_save(host_run_dir(lease->host), lease->record);
}

static int lease_add_pipe(struct lease *lease)
{
	struct lease_fd *entry;
	int r, write_end;

	r = fault_record("pipe", lease->record->group);
	if (r < 0)
		return r;
	r = lease_pipe_new(host_run_dir(lease->host), lease->record->lease, &lease->pipe_read,
			   &write_end);
	if (r < 0)
		return r;
	r = lease_add_fd(lease, "lease", lease->record->group, write_end);
	if (r < 0)
		return r;
	fd_store_keep(lease->record->lease, lease->pipe_read);
	/* the lease comes first in what is handed over */
	entry = vec_remove_at(&lease->fds, lease->fds.n - 1);
	r = vec_insert(&lease->fds, 0, entry);
	if (r < 0) {
		lease_fd_free(entry);
		return r;
	}
	return lease_watch_pipe(lease);
}

/* Sealed, and read from its start: whoever has the descriptor has the token, and nobody who has
 * not. */
static int lease_add_vf_token(struct lease *lease, const char *line)
{
	const char *token = strchr(line, '=');
	_cleanup_free_ char *pf = token ? strndup(line, (size_t)(token - line)) : NULL;
	_cleanup_close_ int fd = memfd_create("vf-token", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t n = token ? strlen(++token) : 0;

	if (fd < 0)
		return -errno;
	if (!pf)
		return -ENOMEM;
	if (pwrite(fd, token, n, 0) != (ssize_t)n)
		return -EIO;
	if (fchmod(fd, 0444) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -errno;
	return lease_add_fd(lease, "vf-token", pf, TAKE_FD(fd));
}

static int lease_add_vf_tokens(struct lease *lease)
{
	int r = 0;

	STRV_FOREACH(line, lease->record->vf_tokens)
		if (r >= 0)
			r = lease_add_vf_token(lease, *line);
	return r;
}

static void lease_hand_over(struct lease *lease)
{
	int r;

	lease->record->used = true;
	lease->record->new_ids = false;
	r = lease_save_phase(lease, PHASE_CLAIMED);

	if (r >= 0)
		r = lease_add_vf_tokens(lease);
	if (r >= 0)
		r = lease_add_pipe(lease);
	if (r < 0) {
		log_error_errno(r, "Cannot hand group %s over", lease->record->group);
		refusal_set(&lease->failure, REFUSED_BIND_FAILED,
			    "Group %s cannot be handed over: %s.", lease->record->group,
			    strerror(-r));
		lease_event(lease, LEASE_STEPS_FAILED);
		return;
	}
	log_info("Group %s is claimed by uid %u, pid %d", lease->record->group,
		 (unsigned)lease->record->uid, (int)lease->record->pid);
	lease->observer->claimed(lease, lease->userdata);
}

int lease_refresh_members(struct lease *lease)
{
	_cleanup_strv_ char **keys = NULL;
	int r = fault_record("refresh", lease->record->group);

	VEC_FOREACH(const struct record_device, device, &lease->record->devices)
		r = r < 0 ? r : strv_add(&keys, device->key);
	if (r < 0)
		return r;
	return host_refresh(lease->host, keys);
}

/* Ids may have brought any device to our drivers; but what is in other leases by now is theirs. */
static int lease_refresh_all(struct lease *lease)
{
	_cleanup_strv_ char **keys = NULL;
	int r = 0;

	VEC_FOREACH(const struct device, device, &host_inventory(lease->host)->devices)
		r = r < 0 ? r : strv_add(&keys, device->key);
	if (r >= 0)
		r = host_refresh(lease->host, keys);
	return r < 0 ? r :
		       lease->observer->list_others(lease, &lease->record->kept, lease->userdata);
}

/* The virtual functions that others have claimed end with its driver, so it waits for them. 1: it
 * has to. */
static int lease_wait_for_vfs(struct lease *lease)
{
	_cleanup_strv_ char **claimed = NULL;
	int r = lease->observer->list_others(lease, &claimed, lease->userdata);

	if (r < 0)
		return r;
	VEC_FOREACH(const struct device, device, &host_inventory(lease->host)->devices) {
		if (!device->physfn || !record_find_device(lease->record, device->physfn) ||
		    !strv_contains(claimed, device->key))
			continue;
		lease_set_trouble(
			lease,
			str_printf("%s, a virtual function of %s, is claimed; that goes first",
				   device->key, device->physfn));
		lease->busy_group = device->iommu_group;
		return 1;
	}
	return 0;
}

/* 1: not now, others have what it would end. */
static int lease_start_giving_back(struct lease *lease)
{
	_cleanup_steps_ struct vec steps = { 0 };
	int r;

	/* copies of our own would keep the group open */
	vec_clear(&lease->fds, lease_fd_free);
	if (lease->record->used && lease->record->on_release == ON_RELEASE_KEEP) {
		/* the next claim finds the VFIO driver there: only this tells it which one the host
		 * had */
		r = run_dir_save_kept(host_run_dir(lease->host), lease->record);
		if (r < 0)
			return r;
	}
	r = lease_save_phase(lease, PHASE_RELEASING);
	if (r < 0)
		return r;
	r = lease_refresh_members(lease);
	if (r >= 0 && lease->record->new_ids)
		r = lease_refresh_all(lease);
	if (r >= 0)
		r = lease_wait_for_vfs(lease);
	if (r != 0)
		return r;
	lease->keeps_dirty = plan_release_find_lost(host_inventory(lease->host), lease->record);
	r = plan_release(host_inventory(lease->host), lease->record, &steps);
	if (r < 0)
		return r;
	return lease_steps_run(lease, &steps, true);
}

static void lease_give_back(struct lease *lease)
{
	int r;

	lease->retry_source = sd_event_source_disable_unref(lease->retry_source);
	lease->pipe_source = sd_event_source_disable_unref(lease->pipe_source);
	r = lease_start_giving_back(lease);
	if (r > 0)
		lease_event(lease, LEASE_STEPS_BUSY);
	if (r < 0) {
		lease_set_trouble(lease, str_printf("its release cannot start: %s", strerror(-r)));
		log_error_errno(r, "Cannot give group %s back", lease->record->group);
		lease_event(lease, LEASE_STEPS_FAILED);
	}
}

/* Its devices stay where the claim has put them, so that no driver gets at them. */
static void lease_quarantine(struct lease *lease)
{
	int r;

	vec_clear(&lease->fds, lease_fd_free);
	lease_watch_stop(lease);
	fd_store_forget(lease->record->lease);
	lease_pipe_remove(host_run_dir(lease->host), lease->record->lease);
	/* resets come after all that has to do with ids, and whoever binds another device meanwhile
	 * means it */
	lease->record->new_ids = false;
	lease->record->recovery = false;
	r = str_set(&lease->record->trouble, lease->trouble);
	if (r >= 0)
		r = lease_save_phase(lease, PHASE_DIRTY);
	if (r < 0)
		log_error_errno(r, "Cannot write down that group %s is dirty",
				lease->record->group);
	lease->observer->release_delayed(lease, lease->userdata);
}

int lease_reset(struct lease *lease)
{
	int r;

	/* what it is reset for is what somebody may have left in it, even if that was the host */
	lease->record->used = true;
	record_make_resets_due(lease->record);
	lease->record->recovery = true;
	refusal_clear(&lease->failure); /* of the claim that made it dirty */
	r = run_dir_save(host_run_dir(lease->host), lease->record);
	if (r < 0)
		return r;
	lease_set_trouble(lease, NULL);
	lease_event(lease, LEASE_RESET_REQUESTED);
	return 0;
}

/* They answer, and were reset unless an administrator takes them as they are. */
static void lease_clear_errors(struct lease *lease)
{
	VEC_FOREACH(const struct record_device, member, &lease->record->devices)
		host_clear_errors(lease->host, member->key);
}

static void lease_finish(struct lease *lease)
{
	fd_store_forget(lease->record->lease);
	lease_pipe_remove(host_run_dir(lease->host), lease->record->lease);
	lease_watch_stop(lease);
	if (lease_refresh_members(lease) < 0)
		log_error("Cannot read the devices of group %s", lease->record->group);
	if (lease->record->recovery && lease->failure.kind == REFUSAL_NONE)
		lease_clear_errors(lease);
	log_info("Group %s is free", lease->record->group);
	lease->observer->ended(lease, lease->userdata);
}

enum lease_action lease_advance(struct lease *lease, enum lease_event event)
{
	struct lease_transition transition = lease_fsm(lease->state, event);

	lease->state = transition.next;
	return transition.action;
}

void lease_event(struct lease *lease, enum lease_event event)
{
	const char *before = lease_visible_state(lease);
	enum lease_action action = lease_advance(lease, event);

	if (lease->state != LEASE_ENDED && !str_eq(before, lease_visible_state(lease)))
		lease->observer->changed(lease, lease->userdata);
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
		lease_watch_wait_for_close(lease);
		break;
	case LEASE_TRY_LATER:
		lease->observer->release_delayed(lease, lease->userdata);
		lease_watch_retry_later(lease);
		break;
	case LEASE_QUARANTINE:
		lease_quarantine(lease);
		break;
	case LEASE_END:
		lease_finish(lease);
		break;
	}
}

void lease_end(struct lease *lease)
{
	lease_event(lease, LEASE_END_REQUESTED);
}

void lease_try_again(struct lease *lease)
{
	if (lease->state == LEASE_DRAINING)
		lease_event(lease, LEASE_CLOSED);
}

void lease_adopt(struct lease *lease, int pipe_read)
{
	int r = -ENODATA;

	if (lease->record->phase == PHASE_DIRTY) {
		fd_close(pipe_read);
		lease->state = LEASE_DIRTY;
		lease_set_trouble(lease, strdup(str_or(lease->record->trouble, "?")));
		log_warning("Group %s is still dirty: %s", lease->record->group,
			    str_or(lease->trouble, "?"));
		return;
	}
	lease->state = LEASE_CLAIMED;
	lease->pipe_read = pipe_read;
	if (pipe_read < 0)
		lease->pipe_read =
			lease_pipe_reopen(host_run_dir(lease->host), lease->record->lease);
	if (lease->record->phase == PHASE_CLAIMED &&
	    (lease->record->persistent || lease->pipe_read >= 0))
		r = lease_watch_pipe(lease);
	if (r >= 0) {
		log_info("Group %s goes on being claimed by uid %u, pid %d", lease->record->group,
			 (unsigned)lease->record->uid, (int)lease->record->pid);
		return;
	}
	log_info("Group %s is given back: its claim was not finished, or its holder is gone",
		 lease->record->group);
	lease_event(lease, LEASE_END_REQUESTED);
}
