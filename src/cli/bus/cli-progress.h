/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the daemon does while a claim or release runs, and when a lease has ended: one match on
 * all its signals. On a terminal (or with --verbose) a line per step goes to stderr.
 */

#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "base/macro.h"
#include "cli/cli.h"

struct progress {
	struct cli *cli;
	sd_bus_slot *slot;
	bool show, on_terminal;
	bool holds; /* we have what the leases are about, and are told if somebody else wants it */
	const char *awaited; /* the group whose lease is about to be announced; NULL: none */
	char **leases;	     /* paths of those whose steps are shown */
	char *pending;	     /* the step whose line is not finished */
	char **ended_leases; /* paths of leases that have ended since cli_progress_start() */
};

/* Call it before the claim, so that no signal is missed. */
int cli_progress_start(struct progress *progress, struct cli *cli) _must_check_;
void cli_progress_stop(struct progress *progress);
#define _cleanup_progress_ _cleanup_(cli_progress_stop)

/* The steps of @lease are shown from now on. */
int cli_progress_follow(struct progress *progress, const char *lease) _must_check_;
/* The same for the lease of @group that the daemon is about to announce. */
void cli_progress_await(struct progress *progress, const char *group);
/* Ends an unfinished line, so that a message can follow. */
void cli_progress_end_line(struct progress *progress);

bool cli_progress_lease_ended(const struct progress *progress, const char *lease);
