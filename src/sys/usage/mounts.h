/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The mounts of a namespace that have a disk below them, from a mountinfo file. */

#include <stdio.h>
#include <sys/types.h>

#include "base/macro.h"

struct mount_line {
	dev_t device; /* major 0 where the filesystem has a number of its own (btrfs) */
	const char *point;
	const char *type;
	const char *source;
};

/* 0 or negative errno of @fn, which ends the reading. */
typedef int (*mounts_fn)(const struct mount_line *mount, void *userdata);
int mounts_read(FILE *mountinfo, mounts_fn fn, void *userdata) _must_check_;

/* "\040" is how /proc writes a blank; in place. */
void mounts_unescape(char *s);
