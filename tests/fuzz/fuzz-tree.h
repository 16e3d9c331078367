/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A tree of files in the place of "/", for readers that open files. It is removed at the end. */

#include "sys/sysfs.h"

/* Makes the tree. Called once. */
void fuzz_tree_make(struct sysfs_root *ret);
/* Writes a file of the tree, and the directories above it. */
void fuzz_tree_write(const struct sysfs_root *root, const char *path, const void *data,
		     size_t size);
