/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The VF tokens of a claim: read from their descriptors, and passed to VMMs without showing them to
 * other users.
 */

#include "base/macro.h"
#include "base/vec.h"
#include "cli/cli.h"

/*
 * Reads the "vf-token" descriptors in @fds, and stores in each device of @fds and @paths (struct
 * claim_fd) the token that the kernel wants when the device is opened. 0 or an exit status.
 */
int cli_token_find_all(struct cli *cli, const struct vec *fds,
		       const struct vec *paths) _must_check_;

/* Appends an empty file to @fds for the secret options of a VMM. 0 or negative errno. */
int cli_token_add_config(struct vec *fds) _must_check_;
/* Writes the text of that file. 0 or negative errno. */
int cli_token_write_config(const struct vec *fds) _must_check_;
