/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Finds who decides what a process does. */

#include <sys/types.h>

#include "base/macro.h"

struct process_user {
	uid_t uid;
	unsigned fd_size; /* room in its table of descriptors; 0: unknown */
};

/*
 * Reads the user of the process whose directory in /proc is @proc_fd. That is the owner of the
 * outermost user namespace around it, as seen from this process: users give themselves any number
 * of other ids there. Else it is the real user: a set-uid program works for who started it.
 */
struct process_user process_user_read(int proc_fd);
