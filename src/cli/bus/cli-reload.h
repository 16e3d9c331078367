/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Manager.Reload(): the daemon re-reads its files. */

#include <stdbool.h>

#include "cli/cli.h"

/* Makes the daemon re-read its files; starts the daemon if it does not run. 0 or an exit status. */
int cli_reload(struct cli *cli) _must_check_;

/*
 * Makes a running daemon re-read its files, without starting one. *ret_running tells whether the
 * daemon runs. 0 or an exit status.
 */
int cli_reload_if_running(struct cli *cli, bool *ret_running) _must_check_;
