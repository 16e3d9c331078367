/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sys/child.h"

#define MOST_FDS 8

static void child_reset_signals(void)
{
	sigset_t none;

	for (int signal_number = 1; signal_number < SIGSYS; signal_number++)
		signal(signal_number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int child_begin(pid_t parent, const char *name)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		return -ESRCH;
	prctl(PR_SET_NAME, name);
	child_reset_signals();
	return 0;
}

int child_keep_fds(const int *fds, size_t n)
{
	int copies[MOST_FDS], first_free = CHILD_FIRST_FD + (int)n;

	if (n > MOST_FDS)
		return -EINVAL;
	/* First to higher numbers, because one may have the number of another. */
	for (size_t i = 0; i < n; i++)
		copies[i] = fcntl(fds[i], F_DUPFD, first_free);
	for (size_t i = 0; i < n; i++)
		if (dup3(copies[i], CHILD_FIRST_FD + (int)i, O_CLOEXEC) < 0)
			return -errno;
	return close_range((unsigned)first_free, ~0u, 0) < 0 ? -errno : 0;
}
