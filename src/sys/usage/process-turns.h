/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Visits all processes in /proc, and lets users take turns: what one user's processes have open
 * may be as much as it likes, and must not keep the walk from the processes of others. Each user
 * gets short turns first, then longer ones, until its limit. A user stands for its user namespaces
 * and for the set-uid programs that it runs, too.
 */

#include <sys/types.h>

#include "base/macro.h"
#include "base/vec.h"
#include "sys/sysfs.h"
#include "sys/usage/slice.h"

struct process_turns;

struct process_turn {
	pid_t pid;
	int proc_fd;	  /* of its directory in /proc, borrowed */
	unsigned fd_size; /* room in its table of descriptors; 0: unknown */
	struct slice *slice;
};

/*
 * Looks at one process. 0; -ETIME if the slice is over: then it is called again from the start,
 * with a longer one; any other negative errno ends the walk.
 */
typedef int (*process_turns_fn)(const struct process_turn *turn, void *userdata);

/* How long the walk may work, in microseconds. */
struct process_turns_limits {
	uint64_t user_usec;   /* for the processes of one user */
	uint64_t all_usec;    /* for those of all users together; each has its first turn anyway */
	uint64_t needed_usec; /* for root's, and for those of @needed, instead of both above */
	uid_t needed;	      /* (uid_t)-1: none */
};

/* A user whose processes could not all be looked at. */
struct process_turns_gap {
	uid_t uid;
	struct vec pids; /* numbers, in place of pointers */
};

/* Lists the processes below "proc" of @root, as they are now. 0 or negative errno. */
int process_turns_new(const struct sysfs_root *root, struct process_turns **ret) _must_check_;
struct process_turns *process_turns_free(struct process_turns *turns);
DEFINE_CLEANUP(struct process_turns *, process_turns_freep, process_turns_free)
#define _cleanup_process_turns_ _cleanup_(process_turns_freep)

/* Calls @fn for each process that still exists. 0, or what ended the walk. */
int process_turns_run(struct process_turns *turns, const struct process_turns_limits *limits,
		      process_turns_fn fn, void *userdata) _must_check_;

/* Returns the users that process_turns_run() did not finish: struct process_turns_gap. */
const struct vec *process_turns_gaps(const struct process_turns *turns);
/* Returns the gap of @uid, or NULL. */
const struct process_turns_gap *process_turns_find_gap(const struct process_turns *turns,
						       uid_t uid);
