/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files of a lease share; nobody else includes this. lease.c stands above the others. */

#include "daemon/lease/lease.h"

/* --- lease-state.c --- */

/* Moves the lease to the state that follows, and returns the action that belongs to the arc. */
enum lease_action lease_state_advance(struct lease *lease, enum lease_event event);
/* Takes @text over. */
void lease_state_set_trouble(struct lease *lease, char *text);
/* Writes the record. 0 or negative errno. */
int lease_state_save(const struct lease *lease) _must_check_;
int lease_state_save_phase(const struct lease *lease, enum record_phase phase) _must_check_;
/* Reads its devices anew. 0 or negative errno. */
int lease_state_refresh_members(const struct lease *lease) _must_check_;

/* --- lease-fds.c --- */

/* Takes @fd over in any case. 0 or -ENOMEM. */
int lease_fds_add(struct lease *lease, const char *kind, const char *name, int fd) _must_check_;
int lease_fds_add_vf_tokens(struct lease *lease) _must_check_;
/* Makes the pipe; its write end comes first in what is handed over. 0 or negative errno. */
int lease_fds_add_pipe(struct lease *lease) _must_check_;
/* Nothing finds the pipe any more. */
void lease_fds_remove_pipe(const struct lease *lease);
void lease_fds_clear(struct lease *lease);

/* --- lease-release.c --- */

/* The steps of a release. 1: not now, others have what it would end; or negative errno. */
int lease_release_prepare(struct lease *lease, struct vec *ret_steps) _must_check_;

/* --- lease-steps.c: the handlers of its worker --- */

void lease_steps_on_step_begins(struct worker *worker, unsigned index, void *userdata);
void lease_steps_on_step_ended(struct worker *worker, unsigned index, int error, void *userdata);
void lease_steps_on_fd(struct worker *worker, const char *kind, const char *name, int fd,
		       void *userdata);
void lease_steps_on_late(struct worker *worker, unsigned index, void *userdata);

/* --- lease-outcome.c --- */

/* The worker has ended, and is freed. What that is for the lease. */
enum lease_event lease_outcome_finish(struct lease *lease, const struct worker_result *result);
