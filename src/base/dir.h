/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads directories, one name at a time. */

#include <dirent.h>

#include "base/macro.h"

/* Opens @path below @dir_fd or AT_FDCWD. The caller closes *ret. 0 or negative errno. */
int dir_open_at(int dir_fd, const char *path, DIR **ret) _must_check_;

/*
 * Returns the next name except "." and "..", or NULL at the end. The name is valid until the next
 * call. A read error counts as the end: directories of sysfs and /proc may vanish during the read.
 */
const char *dir_next(DIR *dir);

/* Declares the loop variable: for (const char *name; …). A NULL @dir has no names. */
#define DIR_FOREACH(name, dir) for (const char *name; (name = dir_next(dir));)
