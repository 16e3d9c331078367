/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whole files: read with a limit, written so that a crash leaves the old or the new one. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/str.h"

/* Opens @path if it is a regular file. Returns the descriptor or negative errno. */
static int fileio_open_regular(int dir_fd, const char *path, struct stat *ret_st)
{
	_cleanup_close_ int fd = -EBADF;

	/* O_NONBLOCK: the open itself must not wait for the writer of a FIFO */
	fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, ret_st) < 0)
		return -errno;
	if (S_ISDIR(ret_st->st_mode))
		return -EISDIR;
	if (!S_ISREG(ret_st->st_mode))
		return -EINVAL;
	return TAKE_FD(fd);
}

/* Reads from @fd to the end into *ret_data, which is NUL-terminated. */
static int fileio_read_fd(int fd, size_t max, char **ret_data, size_t *ret_size)
{
	_cleanup_free_ char *data = NULL;
	size_t size = 0, room = 0;

	for (;;) {
		ssize_t n;

		if (size + 1 >= room) {
			char *grown = realloc(data, room = room ? room * 2 : 512);

			if (!grown)
				return -ENOMEM;
			data = grown;
		}
		n = read(fd, data + size, room - size - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		size += (size_t)n;
		if (size > max)
			return -EFBIG;
	}
	data[size] = '\0';
	*ret_data = TAKE_PTR(data);
	*ret_size = size;
	return 0;
}

int fileio_read_at(int dir_fd, const char *path, size_t max, char **ret_data, size_t *ret_size)
{
	_cleanup_close_ int fd = -EBADF;
	struct stat st;
	size_t size = 0;
	int r;

	fd = fileio_open_regular(dir_fd, path, &st);
	if (fd < 0)
		return fd;
	/* a file without blocks may show any size: in sysfs it is 4096 for each attribute */
	if (st.st_size > 0 && (size_t)st.st_size > max && st.st_blocks > 0)
		return -EFBIG;
	r = fileio_read_fd(fd, max, ret_data, &size);
	if (r < 0)
		return r;
	if (ret_size)
		*ret_size = size;
	return 0;
}

int fileio_write_all(int fd, const void *data, size_t size)
{
	const char *at = data;

	while (size > 0) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

static int fileio_sync(int fd)
{
	if (fsync(fd) < 0)
		return -errno;
	return 0;
}

/* The content and mode of a new file. */
struct fileio_content {
	const void *data;
	size_t size;
	unsigned mode;
};

static int fileio_write_synced(int dir_fd, const char *path, const struct fileio_content *content)
{
	_cleanup_close_ int fd = -EBADF;
	int r;

	fd = openat(dir_fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		    content->mode);
	if (fd < 0)
		return -errno;
	r = fileio_write_all(fd, content->data, content->size);
	if (r < 0)
		return r;
	if (fchmod(fd, content->mode) < 0) /* the umask of the parent process must not matter */
		return -errno;
	return fileio_sync(fd);
}

static int fileio_replace(int dir_fd, const char *path, const char *temp,
			  const struct fileio_content *content)
{
	int r;

	r = fileio_write_synced(dir_fd, temp, content);
	if (r < 0)
		return r;
	if (renameat(dir_fd, temp, dir_fd, path) < 0)
		return -errno;
	return 0;
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
	return fileio_sync(fd);
}

int fileio_write_atomic_at(int dir_fd, const char *path, const void *data, size_t size,
			   unsigned mode)
{
	_cleanup_free_ char *temp = NULL;
	int r;

	/* readers of these directories take only *.json: they ignore the remains of a crash */
	temp = str_printf("%s.%d.tmp", path, (int)getpid());
	if (!temp)
		return -ENOMEM;
	if (unlinkat(dir_fd, temp, 0) < 0 && errno != ENOENT)
		return -errno;
	r = fileio_replace(dir_fd, path, temp, &(struct fileio_content){ data, size, mode });
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
