/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Shows output that is longer than the terminal in $DEVGROUPS_PAGER, $PAGER or less. The output is
 * kept until its end, since only then its length is known.
 */

#include "cli/cli.h"

/* Keeps all further output, unless no pager is wanted or stdout is not a terminal. */
void cli_pager_open(struct cli *cli);
/*
 * Prints the output, and waits until the user leaves the pager if there is one. False if it could
 * not be printed.
 */
bool cli_pager_close(struct cli *cli) _must_check_;
