/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How much memory another process may lock: what it maps for a device is locked. */

#include <stdint.h>
#include <sys/types.h>

#include "base/macro.h"

/*
 * Raises RLIMIT_MEMLOCK of process @pid to @bytes (UINT64_MAX: infinity) or more, if it is the one
 * that is meant: all its user ids are @uid, and it was started at @start_time (process.h; 0: not
 * known). It is held by a pidfd while that is found out. 1 if it was raised, 0 if it was that high
 * already; -ESRCH if it is gone or another one.
 */
int memlock_raise(pid_t pid, uid_t uid, uint64_t start_time, uint64_t bytes) _must_check_;
