/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by worker.c and worker-child.c. No other file includes this. */

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
