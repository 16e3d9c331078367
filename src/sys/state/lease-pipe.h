/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Makes the pipe whose write end is a lease. The pipe has a name in the directory of records. A
 * daemon that was killed finds its read end by that name, even if no service manager keeps
 * descriptors. Only root can open the pipe by its name.
 */

#include "base/macro.h"

/* Makes a pipe. The caller closes both ends. 0 or negative errno. */
int lease_pipe_new(int dir_fd, const char *lease, int *ret_read, int *ret_write) _must_check_;

/*
 * Returns the read end if a process still has the write end. -ENODATA if no process has it, or
 * there is no such pipe.
 */
int lease_pipe_reopen(int dir_fd, const char *lease) _must_check_;

void lease_pipe_remove(int dir_fd, const char *lease);
