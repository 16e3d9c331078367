/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/str.h"
#include "sys/state/lease-pipe.h"

static char *lease_pipe_name(const char *lease)
{
	return str_printf("%s.pipe", lease);
}

int lease_pipe_new(int dir_fd, const char *lease, int *ret_read, int *ret_write)
{
	_cleanup_free_ char *name = lease_pipe_name(lease);
	_cleanup_close_ int read_end = -EBADF, write_end = -EBADF;

	if (!name)
		return -ENOMEM;
	if (mkfifoat(dir_fd, name, 0600) < 0)
		return -errno;
	/* Without O_NONBLOCK the first open would wait for the second. */
	read_end = openat(dir_fd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (read_end >= 0)
		write_end = openat(dir_fd, name, O_WRONLY | O_CLOEXEC);
	if (write_end < 0) {
		int r = -errno;

		lease_pipe_remove(dir_fd, lease);
		return r;
	}
	*ret_read = TAKE_FD(read_end);
	*ret_write = TAKE_FD(write_end);
	return 0;
}

int lease_pipe_reopen(int dir_fd, const char *lease)
{
	_cleanup_free_ char *name = lease_pipe_name(lease);
	_cleanup_close_ int fd = -EBADF;
	char byte;

	if (!name)
		return -ENOMEM;
	fd = openat(dir_fd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -ENODATA;
	/*
	 * The read end of a pipe that had no writer when it was opened does not show it in poll().
	 * It does in read(), which returns 0.
	 */
	if (read(fd, &byte, 1) == 0)
		return -ENODATA;
	return TAKE_FD(fd);
}

void lease_pipe_remove(int dir_fd, const char *lease)
{
	_cleanup_free_ char *name = lease_pipe_name(lease);

	if (name && unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
		log_debug_errno(-errno, "Cannot remove %s", name);
}
