/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The beginning of a process that the daemon forks and that runs no other program. After a failure
 * it must exit.
 */

#include <stddef.h>
#include <sys/types.h>

#include "base/macro.h"

/*
 * Lets this process end with @parent, handle signals by default and have @name, of 15 characters at
 * most. 0, or -ESRCH if @parent has ended already.
 */
int child_begin(pid_t parent, const char *name) _must_check_;

/*
 * Moves the @n descriptors of @fds, eight at most, to CHILD_FIRST_FD and the following numbers, and
 * closes all that are higher: copies of descriptors of leases would keep those leases alive. 0 or
 * negative errno.
 */
#define CHILD_FIRST_FD 3
int child_keep_fds(const int *fds, size_t n) _must_check_;
