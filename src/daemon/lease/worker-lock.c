/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Locks that order the workers of one name, also across daemons. Each worker locks a byte of a file
 * in the run directory.
 */

#include <errno.h>
#include <fcntl.h>

#include "daemon/lease/worker-private.h"

static const char worker_lock_file[] = ".workers";

off_t worker_lock_offset(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3;
	return (off_t)(hash >> 1);
}

int worker_lock_open(int run_dir)
{
	int fd = openat(run_dir, worker_lock_file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : fd;
}

/*
 * Waits until the previous worker of the name is gone. The kernel drops a lock only when the
 * process has ended. A process that was killed may sleep in the kernel for long.
 */
int worker_lock_take(int fd, off_t offset)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1
	};

	while (fcntl(fd, F_SETLKW, &lock) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

pid_t worker_lock_holder(int run_dir, off_t offset)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1
	};
	_cleanup_close_ int fd = openat(run_dir, worker_lock_file, O_RDWR | O_CLOEXEC);

	if (fd < 0 || fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		return 0;
	return lock.l_pid;
}
