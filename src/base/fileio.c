/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/str.h"

int fileio_read_at(int dir_fd, const char *path, size_t max, char **ret_data, size_t *ret_size)
{
	_cleanup_close_ int fd = -EBADF;
	_cleanup_free_ char *data = NULL;
	size_t size = 0, room = 0;
	struct stat st;

	/* O_NONBLOCK: the open itself must not wait for the writer of a FIFO */
	fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size > 0 && (size_t)st.st_size > max && st.st_blocks > 0)
		return -EFBIG;

	for (;;) {
		ssize_t n;

		if (size + 1 >= room) {
			char *grown = realloc(data, room = room ? room * 2 : 512);

			if (!grown)
				return -ENOMEM;
			data = grown;
		}
		n = read(fd, data + size, room - size - 1);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (n == 0)
			break;
		size += (size_t)n;
		if (size > max)
			return -EFBIG;
	}
	data[size] = '\0';
	*ret_data = TAKE_PTR(data);
	if (ret_size)
		*ret_size = size;
	return 0;
}

int fileio_write_all(int fd, const void *data, size_t size)
{
	const char *at = data;

	while (size > 0) {
		ssize_t n = write(fd, at, size);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

static int fileio_write_synced(int dir_fd, const char *path, const void *data, size_t size,
			       unsigned mode)
{
	_cleanup_close_ int fd = -EBADF;
	int r;

	fd = openat(dir_fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return -errno;
	r = fileio_write_all(fd, data, size);
	if (r < 0)
		return r;
	if (fchmod(fd, mode) < 0) /* the umask of whoever started us has no say */
		return -errno;
	return fsync(fd) < 0 ? -errno : 0;
}

static int fileio_sync_parent(int dir_fd, const char *path)
{
	_cleanup_free_ char *dir = strdup(path);
	_cleanup_close_ int fd = -EBADF;
	char *slash;

	if (!dir)
		return -ENOMEM;
	slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir ? 1 : 0] = '\0';
	fd = openat(dir_fd, slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return fsync(fd) < 0 ? -errno : 0;
}

int fileio_write_atomic_at(int dir_fd, const char *path, const void *data, size_t size,
			   unsigned mode)
{
	_cleanup_free_ char *temp = NULL;
	int r;

	/* Readers of these directories take only *.json, so a leftover of a crash is never read. */
	temp = str_printf("%s.%d.tmp", path, (int)getpid());
	if (!temp)
		return -ENOMEM;
	if (unlinkat(dir_fd, temp, 0) < 0 && errno != ENOENT)
		return -errno;
	r = fileio_write_synced(dir_fd, temp, data, size, mode);
	if (r >= 0 && renameat(dir_fd, temp, dir_fd, path) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(dir_fd, temp, 0);
		return r;
	}
	return fileio_sync_parent(dir_fd, path);
}

int fileio_mkdir_parents(const char *path, unsigned mode)
{
	_cleanup_free_ char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	for (char *at = copy + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			return -errno;
		*at = '/';
	}
	if (mkdir(copy, mode) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}
