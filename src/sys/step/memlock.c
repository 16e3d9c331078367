/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/str.h"
#include "sys/process.h"
#include "sys/step/memlock.h"

static bool memlock_is_alive(int pidfd)
{
	struct pollfd poll_fd = { .fd = pidfd, .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 0;
}

/*
 * Checks the real, effective, saved and filesystem ids: a program that has taken on more rights
 * than its user does not belong to the user.
 */
static int memlock_check_uids(pid_t pid, uid_t uid)
{
	_cleanup_free_ char *path = str_printf("/proc/%d/status", (int)pid), *status = NULL;
	unsigned ids[4];
	const char *at;
	int r;

	if (!path)
		return -ENOMEM;
	r = fileio_read_at(AT_FDCWD, path, 65536, &status, NULL);
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	at = strstr(status, "\nUid:");
	if (!at || sscanf(at, "\nUid: %u %u %u %u", &ids[0], &ids[1], &ids[2], &ids[3]) != 4)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (ids[i] != uid)
			return -ESRCH;
	return 0;
}

static int memlock_check_process(pid_t pid, uid_t uid, uint64_t start_time)
{
	uint64_t actual;
	int r;

	r = memlock_check_uids(pid, uid);
	if (r < 0)
		return r;
	if (start_time == 0)
		return 0;
	r = process_start_time(pid, &actual);
	if (r < 0)
		return r;
	return actual == start_time ? 0 : -ESRCH;
}

static int memlock_raise_limit(pid_t pid, uint64_t bytes)
{
	rlim_t wanted = bytes >= RLIM_INFINITY ? RLIM_INFINITY : bytes;
	struct rlimit limit;

	if (prlimit(pid, RLIMIT_MEMLOCK, NULL, &limit) < 0)
		return -errno;
	if (limit.rlim_cur >= wanted) /* RLIM_INFINITY is the largest number */
		return 0;
	limit.rlim_cur = wanted;
	if (limit.rlim_max < wanted)
		limit.rlim_max = wanted;
	return prlimit(pid, RLIMIT_MEMLOCK, &limit, NULL) < 0 ? -errno : 1;
}

int memlock_raise(pid_t pid, uid_t uid, uint64_t start_time, uint64_t bytes)
{
	_cleanup_close_ int pidfd = -EBADF;
	int r;

	if (pid <= 0)
		return -ESRCH;
	pidfd = pidfd_open(pid, 0);
	if (pidfd < 0)
		return -errno;
	r = memlock_check_process(pid, uid, start_time);
	if (r < 0)
		return r;
	/*
	 * Ask this last: what was read of /proc is of this process if it is still alive, because
	 * then no other process had its number.
	 */
	if (!memlock_is_alive(pidfd))
		return -ESRCH;
	return memlock_raise_limit(pid, bytes);
}
