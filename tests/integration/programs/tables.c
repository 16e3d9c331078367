/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A user who makes /proc long.
 *
 *	tables own|shared PROCESSES DESCRIPTORS
 *		starts processes that have /dev/full open so many times, each in a table of its
 *		own, or all in one that they share. Prints the pid of each, and waits.
 *	tables mounts PROCESSES MOUNTS
 *		starts processes that have so many mounts, each in a namespace of its own that any
 *		user may make. Prints the pid of each, and waits. Prints "none" instead where the
 *		system does not let users have namespaces.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
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

static void start_sharers(int n, int flags)
{
	for (int i = 0; i < n; i++) {
		char *stack = malloc(STACK);
		pid_t pid = clone(sleep_forever, stack + STACK, flags, NULL);

		check(pid, "clone");
		printf("%d\n", (int)pid);
	}
}

/* Each mount is on a directory of its own: the kernel walks through a stack of mounts. */
static void mount_many(int n)
{
	char path[32];

	check(mount("none", "/tmp", "tmpfs", 0, NULL), "mount");
	for (int i = 1; i < n; i++) {
		snprintf(path, sizeof(path), "/tmp/%d", i);
		check(mkdir(path, 0755), "mkdir");
		check(mount(path, path, NULL, MS_BIND, NULL), "mount --bind");
	}
}

/* Each process reports by a byte that its mounts are there. */
static void start_mounters(int n, int mounts)
{
	int ends[2];
	char byte;

	check(pipe(ends), "pipe");
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		check(pid, "fork");
		if (pid == 0) {
			check(unshare(CLONE_NEWNS), "unshare");
			mount_many(mounts);
			check((int)write(ends[1], "", 1), "write");
			sleep_forever(NULL);
		}
		printf("%d\n", (int)pid);
	}
	close(ends[1]);
	for (int i = 0; i < n; i++)
		if (read(ends[0], &byte, 1) != 1)
			exit(EXIT_FAILURE);
}

static void write_file(const char *path, const char *format, unsigned id)
{
	FILE *file = fopen(path, "w");

	if (!file || fprintf(file, format, id) < 0 || fclose(file) != 0)
		check(-1, path);
}

static void start_kind(const char *kind, int n, int size)
{
	unsigned uid = getuid(), gid = getgid();

	if (strcmp(kind, "mounts") != 0) {
		open_many(size);
		start_sharers(n, SIGCHLD | (strcmp(kind, "shared") == 0 ? CLONE_FILES : 0));
	} else if (unshare(CLONE_NEWUSER) < 0) {
		puts("none");
	} else {
		write_file("/proc/self/setgroups", "deny\n", 0);
		write_file("/proc/self/uid_map", "0 %u 1\n", uid);
		write_file("/proc/self/gid_map", "0 %u 1\n", gid);
		start_mounters(n, size);
	}
}

int main(int argc, char *argv[])
{
	int n = argc == 4 ? atoi(argv[2]) : 0;

	if (n < 1 || atoi(argv[3]) < 1) {
		fputs("tables: bad arguments\n", stderr);
		return EXIT_FAILURE;
	}
	start_kind(argv[1], n, atoi(argv[3]));
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
