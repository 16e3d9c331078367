/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/str.h"
#include "fuzz-tree.h"

static char tree_path[] = "/dev/shm/dg-fuzz-XXXXXX";

static int tree_remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void tree_remove(void)
{
	(void)nftw(tree_path, tree_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void fuzz_tree_make(struct sysfs_root *ret)
{
	assert(mkdtemp(tree_path));
	assert(atexit(tree_remove) == 0);
	assert(sysfs_root_open(tree_path, ret) == 0);
}

void fuzz_tree_write(const struct sysfs_root *root, const char *path, const void *data, size_t size)
{
	_cleanup_free_ char *full = str_printf("%s/%s", tree_path, path);
	_cleanup_close_ int fd = -EBADF;

	assert(full);
	*strrchr(full, '/') = '\0';
	assert(fileio_mkdir_parents(full, 0755) == 0);
	fd = openat(root->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert(fd >= 0);
	assert(fileio_write_all(fd, data, size) == 0);
}
