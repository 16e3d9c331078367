/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Tells whether ordinary users can change a file that decides for all of them. */

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/macro.h"

#define TRUST_ONLY_ROOT ((uid_t)-1) /* as @own */

/* Tells whether only root and user @own can write to the file: by its owner and mode. */
bool trust_stat(const struct stat *st, uid_t own);

/*
 * Does the same for what is at @path. If links lead there, it includes each directory from the
 * first link on: a user who can write to one of them can put another file there. It also includes
 * each link: a user may have made it in a directory as /tmp. *ret_why is NULL if all are trusted,
 * or if nothing is there; else sentences for people, which the caller frees. 0 or -ENOMEM.
 */
int trust_check(const char *path, uid_t own, char **ret_why) _must_check_;
