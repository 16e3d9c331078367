/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A directory tree of real files that stands in for sysfs, procfs and /dev. It suits code that only
 * reads them.
 */

#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/str.h"
#include "sys/sysfs.h"

static char top[] = "/tmp/dg-fake-tree-XXXXXX";
static struct sysfs_root root = { .fd = -EBADF };

static char *path_in_tree(const char *path)
{
	_cleanup_free_ char *full = str_printf("%s/%s", top, path), *dir = strdup(full);

	*strrchr(dir, '/') = '\0';
	ck_assert_int_eq(fileio_mkdir_parents(dir, 0755), 0);
	return TAKE_PTR(full);
}

/* make_file() and make_link() replace an existing entry, and create missing directories. */
static void make_file(const char *path, const char *text)
{
	_cleanup_free_ char *full = path_in_tree(path);

	ck_assert_int_eq(fileio_write_atomic_at(AT_FDCWD, full, text, strlen(text), 0644), 0);
}

static void make_link(const char *path, const char *target)
{
	_cleanup_free_ char *full = path_in_tree(path);

	unlink(full);
	ck_assert_int_eq(symlink(target, full), 0);
}

static void fake_tree_make(void)
{
	memcpy(top + strlen(top) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(sysfs_root_open(top, &root), 0);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void fake_tree_remove(void)
{
	sysfs_root_close(&root);
	ck_assert_int_eq(nftw(top, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}
