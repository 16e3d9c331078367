/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Manager.Reload(): the daemon reads its files again. */

#include <stdbool.h>

#include "cli/cli.h"

/* Starts the daemon if it does not run. 0 or an exit status. */
int cli_reload(struct cli *cli) _must_check_;

/*
 * Lets the daemon of this machine read its files again, without starting it for that: *ret_running
 * is false where it does not run.
 */
int cli_reload_if_running(struct cli *cli, bool *ret_running) _must_check_;
