/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/str.h"
#include "base/vec.h"
#include "sys/fault.h"
#include "sys/sysfs.h"
#include "sys/timed-read.h"

#define FIRST_MSEC 5000
#define NEXT_MSEC 500 /* less while others sleep already: one cause often stops several devices */
#define CHANNEL_FD 3

/* Each direction has one datagram: the path, and this answer. */
struct answer {
	int error;
	char value[4096]; /* no attribute is larger than a page */
};

struct reader {
	int channel;
	char *path; /* path of the attribute in which it sleeps; NULL: it is free */
};

/* The readers of this process: all that sleep, and one that is free. */
static struct vec readers;

/* --- in the other process --- */

static _Noreturn void reader_serve(void)
{
	char path[PATH_MAX];
	ssize_t n;

	while ((n = recv(CHANNEL_FD, path, sizeof(path) - 1, 0)) > 0) {
		_cleanup_free_ char *value = NULL;
		struct answer answer = { 0 };

		path[n] = '\0';
		answer.error =
			fileio_read_at(AT_FDCWD, path, sizeof(answer.value) - 1, &value, NULL);
		if (answer.error >= 0)
			memcpy(answer.value, value, strlen(value));
		if (send(CHANNEL_FD, &answer, sizeof(answer), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(EXIT_SUCCESS);
}

/*
 * Double-forks and closes all inherited descriptors: other processes wait for their end, and a
 * reader that sleeps must not be a child of the daemon.
 */
static _Noreturn void reader_become(int channel)
{
	pid_t pid = fork();

	if (pid != 0)
		_exit(pid < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
	channel = fcntl(channel, F_DUPFD, CHANNEL_FD + 1);
	if (channel < 0 || dup2(channel, CHANNEL_FD) < 0 ||
	    close_range(CHANNEL_FD + 1, ~0u, 0) < 0 || close_range(0, CHANNEL_FD - 1, 0) < 0 ||
	    chdir("/") < 0)
		_exit(EXIT_FAILURE);
	prctl(PR_SET_NAME, "devgroups-read");
	reader_serve();
}

/* --- here --- */

static void reader_drop(struct reader *reader)
{
	vec_remove(&readers, reader);
	fd_close(reader->channel);
	free(reader->path);
	free(reader);
}

static int reader_fork(struct reader *reader)
{
	int ends[2], status = 0;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	reader->channel = ends[0];
	pid = fork();
	if (pid == 0)
		reader_become(ends[1]);
	fd_close(ends[1]);
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status == 0 ? 0 : -EAGAIN;
}

static int reader_start(struct reader **ret)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (!reader)
		return -ENOMEM;
	reader->channel = -EBADF;
	r = vec_add(&readers, reader);
	if (r < 0) {
		free(reader);
		return r;
	}
	r = reader_fork(reader);
	if (r < 0) {
		reader_drop(reader);
		return r;
	}
	*ret = reader;
	return 0;
}

/*
 * Returns 0 with the answer, -ETIMEDOUT if there is none yet, or negative errno if none will come.
 */
static int reader_wait(const struct reader *reader, int msec, struct answer *ret)
{
	struct pollfd poller = { .fd = reader->channel, .events = POLLIN };
	int r;

	do
		r = poll(&poller, 1, msec);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	if (r == 0)
		return -ETIMEDOUT;
	return recv(reader->channel, ret, sizeof(*ret), 0) == sizeof(*ret) ? 0 : -EIO;
}

/* Finds the readers that have returned. Keeps one of them in *ret, free, and ends all others. */
static void reader_reap(struct reader **ret)
{
	struct answer answer;

	*ret = NULL;
	for (size_t i = readers.n; i > 0; i--) {
		struct reader *reader = readers.items[i - 1];
		int r = reader->path ? reader_wait(reader, 0, &answer) : 0;

		if (r == -ETIMEDOUT)
			continue;
		free(reader->path);
		reader->path = NULL;
		if (r < 0 || *ret)
			reader_drop(reader);
		else
			*ret = reader;
	}
}

static struct reader *reader_find(const char *path)
{
	VEC_FOREACH(struct reader, reader, &readers)
		if (str_eq(reader->path, path))
			return reader;
	return NULL;
}

static size_t reader_count_blocked(void)
{
	size_t n = 0;

	VEC_FOREACH(const struct reader, reader, &readers)
		n += reader->path != NULL;
	return n;
}

bool timed_read_poll(void)
{
	size_t before = reader_count_blocked();
	struct reader *reader;

	reader_reap(&reader);
	return reader_count_blocked() < before;
}

static char *timed_read_path(int dir_fd, const char *name)
{
	_cleanup_free_ char *link = str_printf("/proc/self/fd/%d", dir_fd);
	char dir[PATH_MAX];
	ssize_t n;

	if (!link)
		return NULL;
	n = readlink(link, dir, sizeof(dir));
	if (n < 0 || (size_t)n == sizeof(dir))
		return NULL;
	return str_printf("%.*s/%s", (int)n, dir, name);
}

static int reader_request(struct reader *reader, const char *path, struct answer *ret)
{
	int msec = readers.n > 1 ? NEXT_MSEC : FIRST_MSEC;

	if (send(reader->channel, path, strlen(path), MSG_NOSIGNAL) < 0)
		return -errno;
	return reader_wait(reader, msec, ret);
}

/*
 * Waits again for a reader that sleeps in the same attribute. The kernel sends the event that a
 * device is free a moment before it drops the lock of the device.
 */
static int reader_read_again(struct reader *reader, struct answer *ret)
{
	int r = reader_wait(reader, NEXT_MSEC, ret);

	if (r != -ETIMEDOUT)
		reader_drop(reader);
	return r;
}

static int reader_read(struct reader *reader, const char *path, struct answer *ret)
{
	struct reader *asleep = reader_find(path);
	int r;

	if (asleep)
		return reader_read_again(asleep, ret);
	if (!reader) {
		r = reader_start(&reader);
		if (r < 0)
			return r;
	}
	r = reader_request(reader, path, ret);
	if (r == -ETIMEDOUT)
		reader->path = strdup(path);
	/*
	 * Drop a reader that was killed. Drop one whose path cannot be kept, too: its answer would
	 * count as the answer to the next question.
	 */
	if (r < 0 && !reader->path)
		reader_drop(reader);
	return r;
}

int timed_read(int dir_fd, const char *name, char **ret)
{
	_cleanup_free_ char *path = timed_read_path(dir_fd, name);
	struct answer answer = { 0 };
	struct reader *reader;
	char *value;
	int r;

	r = fault_point("read", name);
	if (r < 0)
		return r;
	if (!path)
		return -ENOMEM;
	reader_reap(&reader);
	r = reader_read(reader, path, &answer);
	if (r == -ETIMEDOUT)
		return r;
	if (r < 0)
		return sysfs_read(dir_fd, name, ret);
	if (answer.error < 0)
		return answer.error;
	value = strdup(answer.value);
	if (!value)
		return -ENOMEM;
	*ret = str_chomp(value);
	return 0;
}
