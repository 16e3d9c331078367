/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Whole files, relative to a directory descriptor (AT_FDCWD for the working directory). All
 * functions return 0 or negative errno.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"

/*
 * Reads a whole file of at most @max bytes, else -EFBIG. The caller frees *ret_data, which ends
 * with a NUL byte; the data may contain more of them, and *ret_size, which may be NULL, is its
 * size. Any other type of file gives -EINVAL or -EISDIR before it is read, because a FIFO or a tape
 * could block. Attributes of sysfs are regular files.
 */
int fileio_read_at(int dir_fd, const char *path, size_t max, char **ret_data,
		   size_t *ret_size) _must_check_;

/*
 * Writes a temporary file beside the file, syncs it, renames it over the file, and syncs the
 * directory. The result is the old or the whole new file, also after a power failure. On failure
 * the old file stays.
 */
int fileio_write_atomic_at(int dir_fd, const char *path, const void *data, size_t size,
			   unsigned mode) _must_check_;

/* Writes all of @data to @fd. */
int fileio_write_all(int fd, const void *data, size_t size) _must_check_;

/* Creates the directory @path and its parents; existing ones are no error. */
int fileio_mkdir_parents(const char *path, unsigned mode) _must_check_;
