/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Sets how much memory another process may lock: memory that it maps for a device is locked. */

#include <stdint.h>
#include <sys/types.h>

#include "base/macro.h"

/*
 * Raises RLIMIT_MEMLOCK of process @pid to @bytes (UINT64_MAX: infinity) or more, if it is the
 * right process. That is: all its user ids are @uid, and it started at @start_time (process.h; 0:
 * unknown). A pidfd holds the process while that is checked. Returns 1 if the limit was raised, 0
 * if it was that high already, or negative errno: -ESRCH if the process is gone or is another one.
 */
int memlock_raise(pid_t pid, uid_t uid, uint64_t start_time, uint64_t bytes) _must_check_;
