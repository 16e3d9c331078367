/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whole files, relative to a directory descriptor (AT_FDCWD for none). Negative errno. */

#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"

/*
 * Reads a whole file, at most @max bytes (-EFBIG beyond). *ret_data is NUL-terminated and owned by
 * the caller; NUL bytes inside are kept, *ret_size (may be NULL) tells. Anything but a regular file
 * is refused with -EINVAL before it is read, so that a FIFO or a tape cannot hang the reader; sysfs
 * attributes are regular files.
 */
int fileio_read_at(int dir_fd, const char *path, size_t max, char **ret_data,
		   size_t *ret_size) _must_check_;

/*
 * The file is either the old or the whole new one, also after a power failure: temporary file
 * beside it, fsync, rename, fsync of the directory. On failure the old file stays.
 */
int fileio_write_atomic_at(int dir_fd, const char *path, const void *data, size_t size,
			   unsigned mode) _must_check_;

/* Writes all of @data to @fd. 0 or negative errno. */
int fileio_write_all(int fd, const void *data, size_t size) _must_check_;

/* mkdir -p; existing directories are fine. */
int fileio_mkdir_parents(const char *path, unsigned mode) _must_check_;
