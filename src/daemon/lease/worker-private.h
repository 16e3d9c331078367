/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What worker.c, worker-child.c and worker-lock.c share; nobody else includes this. */

#include "daemon/lease/worker.h"

enum worker_message_type { WORKER_MESSAGE_BEGINS, WORKER_MESSAGE_ENDED, WORKER_MESSAGE_FD };

/* One datagram a message; a descriptor travels with WORKER_MESSAGE_FD. */
struct worker_message {
	enum worker_message_type type;
	unsigned index;
	int error;
	char kind[24];
	char text[400]; /* the cause, or the name of what is given */
};

/* What the record has to know before anything that follows: the daemon may be killed at any moment,
 * and its worker with it. */
static inline bool worker_step_is_recorded(const struct step *step, int error)
{
	return step->kind == STEP_VERIFY_RESET && error == 0;
}

/* --- worker-child.c --- */

/* The whole life of the process; @channel: its end of the channel; @parent: the daemon. */
_Noreturn void worker_child_run(const struct worker_plan *plan, int channel, pid_t parent);

/* --- worker-lock.c --- */

/* The byte of @name in the file of locks. */
off_t worker_lock_offset(const char *name) _must_check_;
/* The file of locks in the run directory, made if it is not there. Negative errno. */
int worker_lock_open(int run_dir) _must_check_;
/* Waits until no other process has the lock. 0 or negative errno. */
int worker_lock_take(int fd, off_t offset) _must_check_;
/* The process that has the lock; 0: there is none. */
pid_t worker_lock_holder(int run_dir, off_t offset) _must_check_;
