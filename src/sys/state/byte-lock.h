/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Locks between processes, each named by a text. A lock is on a byte of one file in the run
 * directory, which only root can open. The kernel drops a lock when its process has really ended,
 * or closes any descriptor of the file.
 */

#include <sys/types.h>

#include "base/macro.h"

/* Returns the byte of @name in the file of locks. */
off_t byte_lock_offset(const char *name) _must_check_;
/* Opens the file of locks, and makes it if it is missing. A descriptor or negative errno. */
int byte_lock_open(int run_dir) _must_check_;
/* Takes the lock of the byte at @offset, and waits for it. 0 or negative errno. */
int byte_lock_take(int fd, off_t offset) _must_check_;
/* Returns the process that has the lock; 0: there is none. */
pid_t byte_lock_holder(int run_dir, off_t offset) _must_check_;
