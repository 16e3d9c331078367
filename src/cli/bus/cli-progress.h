/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The steps of the daemon while a claim or release runs, and the ends of leases: one match on all
 * its signals. On a terminal, or with --verbose, each step is a line on stderr.
 */

#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "base/macro.h"
#include "cli/cli.h"

struct progress {
	struct cli *cli;
	sd_bus_slot *slot;
	uid_t uid; /* of this connection */
	bool show, on_terminal;
	bool holds; /* this process holds the leases, so requests to release them are reported */
	const char *awaited;	  /* the group whose lease the daemon announces next; NULL: none */
	const char *last_awaited; /* the group of the lease that @question is about */
	sd_bus_slot *question;	  /* to the daemon: the pid of a lease */
	char *asked;		  /* the lease of @question */
	char **leases;		  /* paths of the leases whose steps are shown */
	char *pending;		  /* the step whose line is incomplete */
	char **ended_leases; /* paths of the leases that have ended since cli_progress_start() */
};

/* Starts listening; call it before the claim, so that no signal is missed. 0 or an exit status. */
int cli_progress_start(struct progress *progress, struct cli *cli) _must_check_;
void cli_progress_stop(struct progress *progress);
#define _cleanup_progress_ _cleanup_(cli_progress_stop)

/* Shows the steps of @lease from now on. 0 or an exit status. */
int cli_progress_follow(struct progress *progress, const char *lease) _must_check_;
/* Shows the steps of the lease of @group that the daemon announces next. @group is borrowed. */
void cli_progress_await(struct progress *progress, const char *group);
/* Ends an incomplete line, so that a message can follow. */
void cli_progress_end_line(struct progress *progress);

bool cli_progress_lease_ended(const struct progress *progress, const char *lease);
