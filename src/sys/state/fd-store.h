/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The service manager's file descriptor store: read ends of lease pipes outlive the daemon there,
 * so that its successor still learns when a holder is gone. Without a service manager nothing
 * happens.
 */

#include <stdbool.h>

#include "base/macro.h"

void fd_store_keep(const char *lease, int fd);
void fd_store_forget(const char *lease);

/* Once, at start: the descriptor kept for @lease, which is the caller's now, or negative. */
int fd_store_take(const char *lease);
/* Closes what nobody took; @keep: the service manager keeps it for a later daemon. */
void fd_store_close_rest(bool keep);
