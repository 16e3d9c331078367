/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Directories, name by name. */

#include <dirent.h>

#include "base/macro.h"

/* Opens @path below @dir_fd (AT_FDCWD for none); the caller closes *ret. 0 or negative errno. */
int dir_open_at(int dir_fd, const char *path, DIR **ret) _must_check_;

/*
 * Returns the next name but "." and "..", valid until the next call, or NULL at the end. A read
 * error counts as the end: sysfs and /proc directories may vanish while they are read.
 */
const char *dir_next(DIR *dir);

/* for (const char *name; …): the loop variable is declared here. A NULL @dir has no names. */
#define DIR_FOREACH(name, dir) for (const char *name; (name = dir_next(dir));)
