/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Long output on a terminal goes through $DEVGROUPS_PAGER, $PAGER, or less. */

#include "cli/cli.h"

/* From here on stdout is the pager, if there is to be one. */
void cli_pager_open(struct cli *cli);
/* Waits until the user has left it. */
void cli_pager_close(struct cli *cli);
