/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One attribute of sysfs at a time, relative to a directory descriptor. The root of everything is
 * "struct sysroot", so that a test can put a tree of its own in the kernel's place.
 */

#include "base/macro.h"

struct sysfs_root {
	int fd; /* of "/", or of the tree in its place */
};

/* @path NULL: "/". 0 or negative errno. */
int sysfs_root_open(const char *path, struct sysfs_root *ret) _must_check_;
void sysfs_root_close(struct sysfs_root *root);

/* A directory below the root; a descriptor or negative errno. */
int sysfs_root_open_dir(const struct sysfs_root *root, const char *path) _must_check_;

/* A device node below the root, to read and write; a descriptor or negative errno. */
int sysfs_root_open_node(const struct sysfs_root *root, const char *path) _must_check_;

/* The value without the newline at its end. -ENOENT where the kernel has no such attribute. */
int sysfs_read(int dir_fd, const char *name, char **ret) _must_check_;
/* As above, but what cannot be read is NULL: for facts that may be missing. -ENOMEM only. */
int sysfs_read_optional(int dir_fd, const char *name, char **ret) _must_check_;
int sysfs_read_number(int dir_fd, const char *name, unsigned base,
		      unsigned long long *ret) _must_check_;

/* The last component of what a link shows. -ENOENT without one. */
int sysfs_read_link(int dir_fd, const char *name, char **ret) _must_check_;

/*
 * One write(2) of the whole value. The kernel's answer is the errno of that write, and it may sleep
 * for as long as the driver core likes: never call this from the main process.
 */
int sysfs_write(int dir_fd, const char *name, const char *value) _must_check_;
