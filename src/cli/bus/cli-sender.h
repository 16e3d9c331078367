/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The senders of signals. The bus delivers a signal that any user sends to one connection, and
 * sd-bus hands it to every match that fits but for its sender: a match by a well-known name proves
 * nothing. So each handler of a signal asks here whose it is.
 */

#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "base/macro.h"
#include "cli/cli.h"

/*
 * Connects, and follows from now on which connection owns the name of the daemon. Call it before
 * the first signal is handled; a later call does nothing. 0 or an exit status.
 */
int cli_sender_follow(struct cli *cli) _must_check_;
void cli_sender_forget(struct cli *cli);

/* Tells whether the daemon sent @m. Needs cli_sender_follow(). */
bool cli_sender_is_daemon(const struct cli *cli, sd_bus_message *m);
/* Tells whether the bus itself sent @m. */
bool cli_sender_is_bus(sd_bus_message *m);
/* Tells whether @m is of sd-bus in this process: the connection is lost. */
bool cli_sender_is_local(sd_bus_message *m);
