/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads from /proc and the service manager what a process is and does. */

#include <stdint.h>
#include <sys/types.h>

#include "base/macro.h"

/* The known facts of a process. Strings are owned, and NULL where unknown. */
struct process_identity {
	uid_t uid;    /* the effective one */
	uid_t owner;  /* the user who may look into it, as /proc would decide: else 0 */
	pid_t parent; /* 0: unknown */
	char *name, *parent_name;
	char *unit; /* of the service manager: "libvirtd.service" */
};

/*
 * Identifies the process @pid, whose directory in /proc is @proc_fd. 0, or -ESRCH: it ended before
 * all was read, so its number may belong to another process by now. process_identity_clear() frees
 * *ret in both cases.
 */
int process_identify(int proc_fd, pid_t pid, struct process_identity *ret) _must_check_;
void process_identity_clear(struct process_identity *identity);

/*
 * Reads field 22 of /proc/PID/stat, in clock ticks since boot: a later process with the same pid
 * has another one. 0 or negative errno; -ESRCH if there is no such process.
 */
int process_start_time(pid_t pid, uint64_t *ret) _must_check_;

/*
 * Read the name, and the unit of the service manager. 0 or negative errno: -ESRCH or -ENODATA where
 * there is none. The caller frees *ret. The text is clean: a process may choose any bytes as its
 * name, and the kernel cuts them after 15.
 */
int process_name(pid_t pid, char **ret) _must_check_;
int process_unit(pid_t pid, char **ret) _must_check_;

/*
 * Returns the kernel function in which the process sleeps, or "?" if that is unknown. NULL when out
 * of memory. The caller frees it.
 */
char *process_wchan(pid_t pid) _must_check_;
