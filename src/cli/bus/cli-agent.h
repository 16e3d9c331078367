/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * polkit's agent on this terminal, which asks for a password if the daemon's answer depends on one.
 * Only for calls that may need it: its start takes longer than most of them.
 */

#include "cli/cli.h"

/*
 * Starts it and waits until it is ready; where there is no terminal, nobody to ask or no agent, the
 * call goes without. It is there until cli_agent_close().
 */
void cli_agent_open(struct cli *cli);
void cli_agent_close(struct cli *cli);
