/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A user who makes /proc long.
 *
 *	tables own|shared PROCESSES DESCRIPTORS
 *		starts processes that have /dev/full open so many times, each in a table of its
 *		own, or all in one that they share. Prints the pid of each, and waits.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define STACK 65536

static void check(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "tables: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void open_many(int n)
{
	struct rlimit limit;
	int fd;

	check(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
	limit.rlim_cur = limit.rlim_max;
	check(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
	fd = open("/dev/full", O_RDWR);
	check(fd, "/dev/full");
	for (int i = 1; i < n; i++)
		check(dup(fd), "dup");
}

static _Noreturn int sleep_forever(void *userdata)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

int main(int argc, char *argv[])
{
	int n = argc == 4 ? atoi(argv[2]) : 0, flags = SIGCHLD;

	if (n < 1 || atoi(argv[3]) < 1)
		check(-1, "arguments");
	if (strcmp(argv[1], "shared") == 0)
		flags |= CLONE_FILES;
	open_many(atoi(argv[3]));
	for (int i = 0; i < n; i++) {
		char *stack = malloc(STACK);
		pid_t pid = clone(sleep_forever, stack + STACK, flags, NULL);

		check(pid, "clone");
		printf("%d\n", (int)pid);
	}
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
