/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "sys/child.h"
#include "sys/usage/usage-report.h"
#include "sys/usage/usage-scan.h"
#include "sys/usage/usage-scanner.h"

/* The descriptors of the process. It closes all others. */
#define CHANNEL_FD CHILD_FIRST_FD
#define ROOT_FD (CHILD_FIRST_FD + 1)

/* Usual users need some milliseconds. */
static const struct process_turns_limits usage_scanner_limits = {
	.user_usec = 250000,
	.all_usec = 1000000,
	.needed_usec = 5000000,
	.needed = (uid_t)-1,
};

static _Noreturn void usage_scanner_run(const struct sysfs_root *given, const struct inventory *inv,
					unsigned sources, int channel, pid_t parent)
{
	const struct sysfs_root root = { .fd = ROOT_FD, .path = given->path };
	const int fds[] = { channel, given->fd };
	struct usage_set set = { .root = &root, .inv = inv };

	if (child_begin(parent, "devgroupd-scan") < 0 || child_keep_fds(fds, ARRAY_SIZE(fds)) < 0)
		_exit(EXIT_FAILURE);
	if (usage_scan_read(&set, sources, parent, &usage_scanner_limits) < 0)
		_exit(EXIT_FAILURE);
	set.work_usec = clock_usec(CLOCK_PROCESS_CPUTIME_ID);
	_exit(usage_report_write(&set, CHANNEL_FD) < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

int usage_scanner_start(const struct sysfs_root *root, const struct inventory *inv,
			unsigned sources, struct usage_scanner *ret)
{
	_cleanup_close_ int read_end = -EBADF, write_end = -EBADF;
	pid_t parent = getpid(), pid;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	read_end = ends[0];
	write_end = ends[1];
	if (fcntl(write_end, F_SETFL, 0) < 0)
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		usage_scanner_run(root, inv, sources, write_end, parent);
	*ret = (struct usage_scanner){ pid, TAKE_FD(read_end) };
	return 0;
}
