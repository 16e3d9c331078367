/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Mistakes that a file does not show, but this host does: users that do not exist, and groups that
 * can never be claimed.
 */

#include "cli/cli.h"
#include "model/config/def-set.h"

/*
 * Appends a warning to the problems of @config for each mistake in the definition of a group of
 * @only; NULL: of every group. Needs a running daemon for all but users and Unix groups. Finds
 * nothing with --root, -H or -M, which are about another machine. 0 or an exit status.
 */
int cli_mistakes_find(struct cli *cli, struct def_set *config,
		      const struct def_set *only) _must_check_;

/* Finds them in the same way, and prints them on stderr unless --quiet. 0 or an exit status. */
int cli_mistakes_report(struct cli *cli, struct def_set *config,
			const struct def_set *only) _must_check_;
