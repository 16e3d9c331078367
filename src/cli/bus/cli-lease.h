/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The calls Claim, Release and Reset, and the descriptors that a claim returns. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/macro.h"
#include "base/vec.h"
#include "cli/bus/cli-progress.h"

struct claim_options {
	const char *access;    /* "fd" or "node" */
	const char *interface; /* NULL: the daemon chooses */
	bool persistent;
	const uid_t *uid; /* the user of the lease; NULL: the caller */
};

/*
 * Claims @group with the options of the command line and @how, shows the steps, and appends all its
 * descriptors to @fds (struct claim_fd, owned). *ret_lease is the path of the lease; the caller
 * frees it. 0 or an exit status.
 */
int cli_lease_claim(struct progress *progress, const char *group, const struct claim_options *how,
		    struct vec *fds, char **ret_lease) _must_check_;

/* Releases @group, whose lease is @lease ("/": none). 0 or an exit status. */
int cli_lease_release(struct progress *progress, const char *group, const char *lease) _must_check_;
/* Resets the devices of a dirty group and then releases it. 0 or an exit status. */
int cli_lease_reset(struct progress *progress, const char *group, const char *lease) _must_check_;
