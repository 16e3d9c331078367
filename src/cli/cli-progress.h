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
	char **gone;	     /* paths of leases that have ended since progress_start() */
};

/* Call it before the claim, so that no signal is missed. */
int progress_start(struct progress *progress, struct cli *cli) _must_check_;
void progress_stop(struct progress *progress);
#define _cleanup_progress_ _cleanup_(progress_stop)

/* The steps of @lease are shown from now on. */
int progress_follow(struct progress *progress, const char *lease) _must_check_;
/* The same for the lease of @group that the daemon is about to announce. */
void progress_await(struct progress *progress, const char *group);
/* Ends an unfinished line, so that a message can follow. */
void progress_break(struct progress *progress);

bool progress_lease_gone(const struct progress *progress, const char *lease);
