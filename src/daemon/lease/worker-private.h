/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by worker.c, worker-child.c and worker-lock.c. No other file includes this. */

#include "daemon/lease/worker.h"

enum worker_message_type { WORKER_MESSAGE_BEGINS, WORKER_MESSAGE_ENDED, WORKER_MESSAGE_FD };

/* A datagram from the process to the daemon. A descriptor travels with WORKER_MESSAGE_FD. */
struct worker_message {
	enum worker_message_type type;
	unsigned index;
	int error;
	char kind[24];
	char text[400]; /* the cause of a failure, or the name of the descriptor */
};

/*
 * Tells whether the record must be saved before the next step: a crash may end the daemon and its
 * worker at any moment.
 */
static inline bool worker_step_is_recorded(const struct step *step, int error)
{
	return step->kind == STEP_VERIFY_RESET && error == 0;
}

/* --- worker-child.c --- */

/* Runs the process to its end. @channel is its end of the channel, @parent the daemon. */
_Noreturn void worker_child_run(const struct worker_plan *plan, int channel, pid_t parent);

/* --- worker-lock.c --- */

/* Returns the byte of @name in the file of locks. */
off_t worker_lock_offset(const char *name) _must_check_;
/* Opens the file of locks, and makes it if it is missing. A descriptor or negative errno. */
int worker_lock_open(int run_dir) _must_check_;
/* Takes the lock of the byte at @offset, and waits for it. 0 or negative errno. */
int worker_lock_take(int fd, off_t offset) _must_check_;
/* Returns the process that has the lock; 0: there is none. */
pid_t worker_lock_holder(int run_dir, off_t offset) _must_check_;
