/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads files of the source tree in a unit test. `make check` sets top_srcdir. */

#include <fcntl.h>
#include <stdlib.h>

#include <check.h>

#include "base/fileio.h"
#include "base/str.h"

/* Returns the path of the file @name of the source tree. The caller frees it. */
static inline char *source_tree_path(const char *name)
{
	const char *top = getenv("top_srcdir");
	char *path = str_printf("%s/%s", top ? top : ".", name);

	ck_assert_ptr_nonnull(path);
	return path;
}

/* Returns the text of the file @name, and its size in @ret_size unless that is NULL. */
static inline char *source_tree_read(const char *name, size_t *ret_size)
{
	_cleanup_free_ char *path = source_tree_path(name);
	char *text = NULL;

	ck_assert_msg(fileio_read_at(AT_FDCWD, path, 1u << 24, &text, ret_size) == 0, "%s", path);
	return text;
}
