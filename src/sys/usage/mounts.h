/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads the mounts of a namespace that have a disk below them, from a mountinfo file. */

#include <stdio.h>
#include <sys/types.h>

#include "base/macro.h"

struct mount_line {
	dev_t device; /* major 0: the filesystem has a number of its own (btrfs) */
	const char *point;
	const char *type;
	const char *source;
};

/*
 * Calls @fn for each mount. Returns 0, or the first negative errno of @fn, which ends the reading.
 */
typedef int (*mounts_fn)(const struct mount_line *mount, void *userdata);
int mounts_read(FILE *mountinfo, mounts_fn fn, void *userdata) _must_check_;

/* Decodes in place what /proc escapes: a blank is "\040" there. */
void mounts_unescape(char *s);
