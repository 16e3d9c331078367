/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The pipe whose write end is a lease. It has a name in the directory of records, so that a daemon
 * that was killed finds its read end again, also where no service manager keeps descriptors. Only
 * root can open it by that name.
 */

#include "base/macro.h"

/* Both ends are the caller's. 0 or negative errno. */
int lease_pipe_new(int dir_fd, const char *lease, int *ret_read, int *ret_write) _must_check_;

/* The read end, if anybody still has the write end; -ENODATA if nobody has, or there is no such
 * pipe. */
int lease_pipe_reopen(int dir_fd, const char *lease) _must_check_;

void lease_pipe_remove(int dir_fd, const char *lease);
