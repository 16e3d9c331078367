/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Records which mediated devices belong to the daemon, in a file in /run/devgroups. The record is
 * written before the kernel is asked to make a device. So a later daemon removes the devices that
 * this one has made, and no others.
 */

#include <stdbool.h>

#include "base/macro.h"
#include "base/vec.h"

struct mdev_file_entry {
	char *key;
	char *made;	 /* mdev_def_signature() */
	bool unfinished; /* some of its attributes may not be set yet */
};

void mdev_file_entries_clear(struct vec *entries);
#define _cleanup_mdev_file_entries_ _cleanup_(mdev_file_entries_clear)

/*
 * Reads the file. *ret holds struct mdev_file_entry, owned; it is empty if there is no file. Lines
 * that make no sense are left out. 0 or negative errno.
 */
int mdev_file_load(int dir_fd, struct vec *ret) _must_check_;
/*
 * Writes the whole file, or leaves the old one. Without entries the file is removed. 0 or negative
 * errno.
 */
int mdev_file_save(int dir_fd, const struct vec *entries) _must_check_;
