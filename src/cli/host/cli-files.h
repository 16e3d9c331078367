/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The definitions and quirks of this machine as files, for the verbs that need no daemon. */

#include "base/macro.h"
#include "cli/cli.h"
#include "cli/print/cli-json.h"
#include "model/config/def-set.h"

enum files_place { FILES_ETC, FILES_RUN, FILES_LIB, FILES_PLACES };

/*
 * Gets the three directories below --root; NULL-terminated, in the order of enum files_place. 0 or
 * -ENOMEM.
 */
int cli_files_directories(const struct cli *cli, char ***ret) _must_check_;
/* Returns EXIT_USAGE with a message if -H or -M names another machine, else 0. */
int cli_files_require_local(const struct cli *cli, const char *verb) _must_check_;
/* Loads the definitions that the daemon reads. 0 or an exit status. */
int cli_files_load(const struct cli *cli, struct def_set **ret) _must_check_;
/* Loads quirks.d: (*ret)->quirks and problems. 0 or an exit status. */
int cli_files_load_quirks(const struct cli *cli, struct def_set **ret) _must_check_;
/*
 * Reads the file @name, or standard input for "-": at most @max bytes. It waits for the writer of a
 * FIFO, such as the shell makes for "<(command)". The caller frees *ret. 0 or negative errno.
 */
int cli_files_read(const char *name, size_t max, char **ret, size_t *ret_size) _must_check_;

/* Prints "FILE:LINE:COLUMN: error: TEXT", without a position that is unknown. */
void cli_files_print_problem(FILE *to, const struct problem *problem);
void cli_files_print_problems(FILE *to, const struct def_set *config);
/* Returns [{"file", "line", "column", "severity", "text"}]; NULL when out of memory. */
json_object *cli_files_problems_to_json(const struct def_set *config) _must_check_;

/*
 * Prints that @path could not be changed because of the negative errno @error. Returns the exit
 * status.
 */
int cli_files_fail(int error, const char *path);
