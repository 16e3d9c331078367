/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The files of definitions of this machine, for the verbs that need no daemon. */

#include "base/macro.h"
#include "cli/cli-json.h"
#include "cli/cli.h"
#include "model/config/def-set.h"

enum files_place { FILES_ETC, FILES_RUN, FILES_LIB, FILES_PLACES };

/* The three directories, below --root; NULL-terminated, by enum files_place. 0 or -ENOMEM. */
int files_directories(const struct cli *cli, char ***ret) _must_check_;
/* Says so and returns EXIT_USAGE if another machine is asked for. */
int files_are_here(const struct cli *cli, const char *verb) _must_check_;
/* All that the daemon would read. */
int files_load(const struct cli *cli, struct config **ret) _must_check_;
/* The same of quirks.d: config->quirks, and problems. */
int files_load_quirks(const struct cli *cli, struct config **ret) _must_check_;
/* Standard input, as a file is read: at most @max bytes. Negative errno. */
int files_read_stdin(size_t max, char **ret, size_t *ret_size) _must_check_;

/* "FILE:LINE:COLUMN: error: TEXT", without what is not known. */
void files_print_problem(FILE *to, const struct problem *problem);
void files_print_problems(FILE *to, const struct config *config);
/* [{"file", "line", "column", "severity", "text"}]; NULL when out of memory. */
json_object *files_problems(const struct config *config) _must_check_;

/* Says that @path could not be changed, and who may. Returns the exit code. */
int files_fail(int error, const char *path);
