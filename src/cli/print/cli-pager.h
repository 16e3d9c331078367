/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shows long output on a terminal in $DEVGROUPS_PAGER, $PAGER or less. */

#include "cli/cli.h"

/* Makes stdout the pager, unless none is wanted or stdout is not a terminal. */
void cli_pager_open(struct cli *cli);
/* Ends the output and waits until the user leaves the pager. */
void cli_pager_close(struct cli *cli);
