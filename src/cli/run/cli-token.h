/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* VF tokens of a claim: read from their descriptors, and told to VMMs without showing them to
 * others. */

#include "base/macro.h"
#include "base/vec.h"
#include "cli/cli.h"

/*
 * Reads what the "vf-token" descriptors among @fds hold, and gives each device among @fds and
 * @paths (struct claim_fd) the one that the kernel wants to hear when it is opened. 0 or an exit
 * status.
 */
int cli_token_find_all(struct cli *cli, const struct vec *fds,
		       const struct vec *paths) _must_check_;

/* Appends an empty file to @fds, for the options of a VMM that are secret. 0 or negative errno. */
int cli_token_add_config(struct vec *fds) _must_check_;
/* Writes into it what it is to hold. 0 or negative errno. */
int cli_token_write_config(const struct vec *fds) _must_check_;
