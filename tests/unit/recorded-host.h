/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads a recorded host of tests/hosts in a unit test: a snapshot, or a dump of lspci. */

#include "policy/offline/host-file.h"
#include "source-tree.h"

/* Returns the text of tests/hosts/@name, and its size in @ret_size unless that is NULL. */
static inline char *recorded_host_read(const char *name, size_t *ret_size)
{
	_cleanup_free_ char *path = str_printf("tests/hosts/%s", name);

	ck_assert_ptr_nonnull(path);
	return source_tree_read(path, ret_size);
}

/* Returns the inventory of the recorded host @name. */
static inline struct inventory *recorded_host_load(const char *name)
{
	_cleanup_free_ char *text = NULL, *error = NULL;
	struct inventory *inv = NULL;
	size_t size;
	int r;

	text = recorded_host_read(name, &size);
	r = host_file_parse(text, size, &inv, &error);
	ck_assert_msg(r == 0, "%s: %d %s", name, r, str_or(error, ""));
	return inv;
}
