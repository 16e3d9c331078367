/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What lease.c, lease-steps.c and lease-watch.c share; nobody else includes this. */

#include "daemon/lease/lease.h"

/* Moves the lease to the state that follows, and returns the action that belongs to the arc. */
enum lease_action lease_advance(struct lease *lease, enum lease_event event);
/* Advances the lease, announces a new visible state and acts. The lease may be gone afterwards. */
void lease_event(struct lease *lease, enum lease_event event);
/* Takes @text over. */
void lease_set_trouble(struct lease *lease, char *text);
/* Takes @fd over in any case. 0 or -ENOMEM. */
int lease_add_fd(struct lease *lease, const char *kind, const char *name, int fd) _must_check_;

/* Starts a worker on @steps, which are taken over. 0 or negative errno. */
int lease_steps_run(struct lease *lease, struct vec *steps, bool undoing) _must_check_;

/* Reads its devices anew. 0 or negative errno. */
int lease_refresh_members(struct lease *lease) _must_check_;

int lease_watch_pipe(struct lease *lease) _must_check_;
void lease_watch_retry_later(struct lease *lease);
void lease_watch_wait_for_close(struct lease *lease);
void lease_watch_stop(struct lease *lease);
