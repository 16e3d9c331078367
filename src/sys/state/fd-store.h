/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Keeps the read ends of lease pipes in the service manager's file descriptor store. They outlive
 * the daemon there, so the next daemon still learns when a holder is gone. Without a service
 * manager all functions do nothing.
 */

#include <stdbool.h>

#include "base/macro.h"

void fd_store_keep(const char *lease, int fd);
void fd_store_forget(const char *lease);

/*
 * Takes the descriptor that was kept for @lease, once, when the daemon starts. Returns the
 * descriptor, which the caller closes, or negative errno.
 */
int fd_store_take(const char *lease);
/*
 * Closes all descriptors that were not taken. @keep: the service manager keeps its own copies for a
 * later daemon.
 */
void fd_store_close_rest(bool keep);
