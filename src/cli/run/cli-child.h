/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The command that `run` starts: its descriptors, its environment, its signals, its end. */

#include <systemd/sd-bus.h>

#include "base/macro.h"
#include "base/vec.h"

#define CLI_CHILD_FIRST_FD 3 /* sd_listen_fds(3) */

/* The exit statuses of a shell for a command that it could not execute. */
#define CLI_CHILD_NOT_EXECUTABLE 126
#define CLI_CHILD_NOT_FOUND 127

/*
 * Runs @argv with @fds (struct claim_fd) from descriptor 3 on, announced in LISTEN_FDS and
 * DEVGROUPS_FDS. Closes them here as soon as the command has started: from then on the command
 * alone holds the lease. Forwards signals to the command, and handles messages of @bus while it
 * runs. Returns the exit status as a shell reports it (128 + n for a signal), or a negative errno
 * if this process failed to start it.
 */
int cli_child_run(sd_bus *bus, char *const *argv, struct vec *fds) _must_check_;
