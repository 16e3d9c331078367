/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The files of definitions of this machine, for the verbs that need no daemon. */

#include "base/macro.h"
#include "cli/cli.h"
#include "cli/print/cli-json.h"
#include "model/config/def-set.h"

enum files_place { FILES_ETC, FILES_RUN, FILES_LIB, FILES_PLACES };

/* The three directories, below --root; NULL-terminated, by enum files_place. 0 or -ENOMEM. */
int cli_files_directories(const struct cli *cli, char ***ret) _must_check_;
/* Says so and returns EXIT_USAGE if another machine is asked for. */
int cli_files_require_local(const struct cli *cli, const char *verb) _must_check_;
/* All that the daemon would read. */
int cli_files_load(const struct cli *cli, struct def_set **ret) _must_check_;
/* The same of quirks.d: config->quirks, and problems. */
int cli_files_load_quirks(const struct cli *cli, struct def_set **ret) _must_check_;
/* Standard input, as a file is read: at most @max bytes. Negative errno. */
int cli_files_read_stdin(size_t max, char **ret, size_t *ret_size) _must_check_;

/* Reads the file @name; "-" is standard input. Negative errno. */
int cli_files_read(const char *name, size_t max, char **ret, size_t *ret_size) _must_check_;

/* "FILE:LINE:COLUMN: error: TEXT", without what is not known. */
void cli_files_print_problem(FILE *to, const struct problem *problem);
void cli_files_print_problems(FILE *to, const struct def_set *config);
/* [{"file", "line", "column", "severity", "text"}]; NULL when out of memory. */
json_object *cli_files_problems_to_json(const struct def_set *config) _must_check_;

/* Says that @path could not be changed, and who may. Returns the exit code. */
int cli_files_fail(int error, const char *path);
