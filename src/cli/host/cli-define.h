/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The input of `define`: a file of devgroups.d(5), the output of `list --json` or `status --json`,
 * or options of the command line.
 */

#include "base/macro.h"
#include "cli/cli.h"
#include "model/config/def-set.h"

/*
 * Reads and checks the input. 0, or an exit status with the problems printed. *ret has at least one
 * group, and no virtual functions. *ret_text is the original text if the input is a file with one
 * group, else NULL; the caller frees it.
 */
int cli_define_read(const struct cli *cli, struct def_set **ret, char **ret_text) _must_check_;
