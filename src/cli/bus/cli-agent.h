/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The polkit agent on this terminal, which asks for a password if the daemon's answer depends on
 * one. Use it only for calls that may need authorization: starting it takes longer than most calls.
 */

#include "cli/cli.h"

/*
 * Starts the agent and waits until it is ready; it runs until cli_agent_close(). Without a terminal
 * or without an installed agent nothing is started, and the call runs without one.
 */
void cli_agent_open(struct cli *cli);
void cli_agent_close(struct cli *cli);
