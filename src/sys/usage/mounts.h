/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads the mounts of a namespace that have a disk below them, from a mountinfo file. */

#include <stdio.h>
#include <sys/types.h>

#include "base/macro.h"
#include "sys/usage/slice.h"

struct mount_line {
	dev_t device; /* major 0: the filesystem has a number of its own (btrfs) */
	const char *point;
	const char *type;
	const char *source; /* of a device with major 0: below "/dev" */
};

/*
 * Calls @fn for each mount with a disk below it. Of a mount without a device number, the type tells
 * whether its source is a disk: any user chooses the source of a FUSE mount. Returns 0, or the
 * first negative errno of @fn, which ends the reading, or -ETIME when the time of @slice is over.
 */
typedef int (*mounts_fn)(const struct mount_line *mount, void *userdata);
int mounts_read(FILE *mountinfo, struct slice *slice, mounts_fn fn, void *userdata) _must_check_;

/* Decodes in place what /proc escapes: a blank is "\040" there. */
void mounts_unescape(char *s);
