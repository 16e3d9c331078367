/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What `define` is given: a file of devgroups.d(5), what `list --json` and `status --json` print of
 * a group, or the options of the command line.
 */

#include "base/macro.h"
#include "cli/cli.h"
#include "model/config/def-set.h"

/*
 * Reads and checks it; what is wrong is said, and then nothing comes of it. *ret has a group at
 * least, and no virtual functions. *ret_text is the text as it was written if that is the whole
 * file of one group, else NULL; caller frees.
 */
int cli_define_read(const struct cli *cli, struct def_set **ret, char **ret_text) _must_check_;
