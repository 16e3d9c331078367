/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Reads and writes one attribute of sysfs at a time, relative to a directory descriptor. All paths
 * start at a struct sysfs_root, so that a test can put a tree of its own in the kernel's place.
 * Paths below the root have no leading slash. The calls are fault points (fault.h).
 */

#include <dirent.h>

#include "base/macro.h"

struct sysfs_root {
	int fd;	    /* of "/", or of the tree in its place */
	char *path; /* of that tree, absolute, without a slash at its end; NULL: "/" */
};

/* Opens "/" if @path is NULL. 0 or negative errno. */
int sysfs_root_open(const char *path, struct sysfs_root *ret) _must_check_;
void sysfs_root_close(struct sysfs_root *root);

/*
 * Returns where "/dev/vfio/11" is, for a function that takes no descriptor of a directory. The
 * caller frees it; NULL when out of memory.
 */
char *sysfs_root_path(const struct sysfs_root *root, const char *path) _must_check_;

/* Opens a directory below the root. Returns a descriptor or negative errno. */
int sysfs_root_open_dir(const struct sysfs_root *root, const char *path) _must_check_;

/* Opens a directory below the root to list it; the caller closes *ret. 0 or negative errno. */
int sysfs_root_list(const struct sysfs_root *root, const char *path, DIR **ret) _must_check_;

/* Opens a device node below the root to read and write. Returns a descriptor or negative errno. */
int sysfs_root_open_node(const struct sysfs_root *root, const char *path) _must_check_;

/*
 * Opens the directory of a device. Returns a descriptor or negative errno: -ENOENT if the device
 * does not exist.
 */
int sysfs_open_device(const struct sysfs_root *root, const char *bus,
		      const char *address) _must_check_;

/*
 * Reads the value, without the newline at its end, and cleans its lines: firmware and devices write
 * some of them. The caller frees *ret. 0 or negative errno:
 * -ENOENT where the kernel has no such attribute.
 */
int sysfs_read(int dir_fd, const char *name, char **ret) _must_check_;

/* Does the same, but sets *ret to NULL if the value cannot be read. 0 or -ENOMEM. */
int sysfs_read_optional(int dir_fd, const char *name, char **ret) _must_check_;

/* Reads a number. 0, or negative errno: -EINVAL if the value is no number of @base. */
int sysfs_read_number(int dir_fd, const char *name, unsigned base,
		      unsigned long long *ret) _must_check_;

/*
 * Reads the last component of a link's target. The caller frees *ret. 0 or negative errno: -ENOENT
 * where @name is no link.
 */
int sysfs_read_link(int dir_fd, const char *name, char **ret) _must_check_;

/*
 * Writes the whole value with one write(2). 0, or the negative errno of that write, which is the
 * kernel's answer. The write sleeps as long as the driver core needs, so the daemon's main process
 * never calls this.
 */
int sysfs_write(int dir_fd, const char *name, const char *value) _must_check_;
