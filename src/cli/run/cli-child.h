/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The command that `run` starts: its descriptors and environment, signals for it, its end. */

#include <systemd/sd-bus.h>

#include "base/macro.h"
#include "base/vec.h"

#define CLI_CHILD_FIRST_FD 3 /* sd_listen_fds(3) */

/* What a shell's exit status says of a command that could not be executed. */
#define CLI_CHILD_NOT_EXECUTABLE 126
#define CLI_CHILD_NOT_FOUND 127

/*
 * Runs @argv with @fds (struct claim_fd) from descriptor 3 on, announced in LISTEN_FDS and
 * DEVGROUPS_FDS, and closes them here as soon as it has started: from then on the command alone
 * holds the lease. Signals sent to us go to it. @bus is served meanwhile. Returns the exit
 * status as a shell reports it (128 + n for a signal), or a negative errno if it could not be
 * started for a reason of ours.
 */
int cli_child_run(sd_bus *bus, char *const *argv, struct vec *fds) _must_check_;
