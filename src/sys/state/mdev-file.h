/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Which mediated devices are ours: a file in /run/devgroups that says so before the kernel is asked
 * to make one, so that a later daemon takes away what this one has made, and nothing else.
 */

#include <stdbool.h>

#include "base/macro.h"
#include "base/vec.h"

struct mdev_file_entry {
	char *key;
	char *made;	 /* mdev_def_signature() */
	bool unfinished; /* not all that belongs to it has been done, as far as is known */
};

struct mdev_file_entry *mdev_file_entry_free(struct mdev_file_entry *entry);
void mdev_file_entries_clear(struct vec *entries);
#define _cleanup_mdev_file_entries_ _cleanup_(mdev_file_entries_clear)

/* *ret: struct mdev_file_entry, owned. None where there is no file; lines that make no sense are
 * left out. 0 or negative errno. */
int mdev_file_load(int dir_fd, struct vec *ret) _must_check_;
/* Whole or not at all; without an entry there is no file. 0 or negative errno. */
int mdev_file_save(int dir_fd, const struct vec *entries) _must_check_;
