/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by the files of a lease. No other file includes this. lease.c stands above the others. */

#include "daemon/lease/lease.h"

/* --- lease-state.c --- */

/* Moves the lease to the next state. Returns the action that belongs to the arc. */
enum lease_action lease_state_advance(struct lease *lease, enum lease_event event);
/* Replaces lease->trouble by @text, which is taken over. */
void lease_state_set_trouble(struct lease *lease, char *text);
/* Save the record, in another phase if one is given. 0 or negative errno. */
int lease_state_save(const struct lease *lease) _must_check_;
int lease_state_save_phase(const struct lease *lease, enum record_phase phase) _must_check_;
/* Reads the devices of the lease again. 0 or negative errno. */
int lease_state_refresh_members(const struct lease *lease) _must_check_;

/* --- lease-fds.c --- */

/* Adds a descriptor for the claimer. Takes @fd over in any case. 0 or -ENOMEM. */
int lease_fds_add(struct lease *lease, const char *kind, const char *name, int fd) _must_check_;
/* Adds a file for each VF token of the record. 0 or negative errno. */
int lease_fds_add_vf_tokens(struct lease *lease) _must_check_;
/* Makes the pipe. Its write end is the first descriptor of the claimer. 0 or negative errno. */
int lease_fds_add_pipe(struct lease *lease) _must_check_;
/* Removes the pipe from the run directory and from the descriptor store. */
void lease_fds_remove_pipe(const struct lease *lease);
/* Closes and forgets all descriptors for the claimer. */
void lease_fds_clear(struct lease *lease);

/* --- lease-release.c --- */

/*
 * Saves the phase, reads the devices and computes the steps of a release. 0 or negative errno; 1 if
 * a virtual function is in another lease, which has to end first.
 */
int lease_release_prepare(struct lease *lease, struct vec *ret_steps) _must_check_;

/* --- lease-steps.c: the handlers of its worker --- */

void lease_steps_on_step_begins(struct worker *worker, unsigned index, void *userdata);
void lease_steps_on_step_ended(struct worker *worker, unsigned index, int error, void *userdata);
void lease_steps_on_fd(struct worker *worker, const char *kind, const char *name, int fd,
		       void *userdata);
void lease_steps_on_late(struct worker *worker, unsigned index, void *userdata);

/* --- lease-outcome.c --- */

/* Reads the result, frees the worker, and returns the event that follows. */
enum lease_event lease_outcome_finish(struct lease *lease, const struct worker_result *result);
