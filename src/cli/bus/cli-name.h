/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Names of groups and devices on a command line. The daemon reads them (GetGroup, GetDevice); a
 * link that this host has to a node or to a directory of sysfs is followed before.
 */

#include "cli/cli.h"

/*
 * Replaces the words from @first on, each the name of a group or of a device in it, by the names of
 * the groups. With --host nothing is replaced: the verb reads the recorded host itself. 0 or an
 * exit status.
 */
int cli_name_resolve(struct cli *cli, size_t first) _must_check_;

/*
 * Gets the object of the group that @name means. *ret_exact tells whether it is the name of the
 * group itself. 0, or negative errno with @error set.
 */
int cli_name_try_group(struct cli *cli, const char *name, sd_bus_error *error, char **ret_path,
		       bool *ret_exact) _must_check_;

/* Gets the object of the device @name; *ret_path is NULL if there is none. 0 or an exit status. */
int cli_name_find_device(struct cli *cli, const char *name, char **ret_path) _must_check_;
