/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "daemon/host/usage-run.h"
#include "sys/usage/usage-report.h"
#include "sys/usage/usage-scanner.h"

/* More than the process takes by its own limits, on a machine that is not overloaded. */
#define LATE_USEC (30 * 1000000ULL)
#define READ_ONCE 65536
/* Processes that were killed and do not end: they sleep in the kernel. */
#define MOST_ENDING 8

struct usage_run {
	struct usage_run_handler handler;
	struct usage_scanner scanner;
	unsigned sources;
	uint64_t started_usec;
	char *data; /* the report so far */
	size_t size;
	sd_event_source *channel_source, *late_source, *child_source;
	bool freed, exited;
};

/* Runs that were freed before their process had ended. Owned. */
static struct vec ending;

static void usage_run_destroy(struct usage_run *run)
{
	vec_remove(&ending, run);
	sd_event_source_disable_unref(run->child_source);
	free(run);
}

static void usage_run_stop(struct usage_run *run)
{
	run->channel_source = sd_event_source_disable_unref(run->channel_source);
	run->late_source = sd_event_source_disable_unref(run->late_source);
	run->scanner.channel = fd_close(run->scanner.channel);
}

static void usage_run_end(struct usage_run *run, int r)
{
	_cleanup_(usage_set_clear) struct usage_set set = { 0 };

	usage_run_stop(run);
	if (r >= 0)
		r = usage_report_read(run->data, run->size, &set);
	run->handler.ended(run, r, &set, run->handler.userdata);
}

/* Returns 1 if there may be more, 0 at the end of the report, -EAGAIN, or other negative errno. */
static int usage_run_read(struct usage_run *run)
{
	char *data;
	ssize_t n;

	if (run->size > USAGE_REPORT_MOST)
		return -E2BIG;
	data = realloc(run->data, run->size + READ_ONCE);
	if (!data)
		return -ENOMEM;
	run->data = data;
	n = read(run->scanner.channel, data + run->size, READ_ONCE);
	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	run->size += (size_t)n;
	return n > 0;
}

static void usage_run_handle(struct usage_run *run)
{
	int r = usage_run_read(run);

	if (r != 1 && r != -EAGAIN)
		usage_run_end(run, r);
}

static int usage_run_on_channel(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	usage_run_handle(userdata);
	return 0;
}

static int usage_run_on_late(sd_event_source *source, uint64_t usec, void *userdata)
{
	usage_run_end(userdata, -ETIMEDOUT);
	return 0;
}

static int usage_run_on_exit(sd_event_source *source, const siginfo_t *info, void *userdata)
{
	struct usage_run *run = userdata;

	run->exited = true;
	if (run->freed)
		usage_run_destroy(run);
	return 0;
}

static int usage_run_watch(struct usage_run *run, sd_event *event)
{
	int r;

	r = sd_event_add_child(event, &run->child_source, run->scanner.pid, WEXITED,
			       usage_run_on_exit, run);
	if (r < 0)
		return r;
	r = sd_event_add_io(event, &run->channel_source, run->scanner.channel, EPOLLIN,
			    usage_run_on_channel, run);
	if (r < 0)
		return r;
	return sd_event_add_time_relative(event, &run->late_source, CLOCK_MONOTONIC, LATE_USEC, 0,
					  usage_run_on_late, run);
}

int usage_run_start(sd_event *event, const struct sysfs_root *root, const struct inventory *inv,
		    unsigned sources, const struct usage_run_handler *handler,
		    struct usage_run **ret)
{
	_cleanup_(usage_run_freep) struct usage_run *run = NULL;
	int r;

	if (ending.n >= MOST_ENDING)
		return -EAGAIN;
	run = calloc(1, sizeof(*run));
	if (!run)
		return -ENOMEM;
	run->handler = *handler;
	run->sources = sources;
	run->started_usec = clock_usec(CLOCK_MONOTONIC);
	run->scanner.channel = -EBADF;
	r = usage_scanner_start(root, inv, sources, &run->scanner);
	if (r < 0)
		return r;
	r = usage_run_watch(run, event);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(run);
	return 0;
}

struct usage_run *usage_run_free(struct usage_run *run)
{
	if (!run)
		return NULL;
	usage_run_stop(run);
	free(run->data);
	run->freed = true;
	if (run->scanner.pid > 0 && !run->exited)
		kill(run->scanner.pid, SIGKILL); /* a whole report was sent: it ends anyway */
	if (!run->child_source || run->exited || vec_add(&ending, run) < 0)
		usage_run_destroy(run);
	return NULL;
}

void usage_run_forget_all(void)
{
	while (ending.n > 0)
		usage_run_destroy(ending.items[0]);
	vec_drop(&ending);
}

unsigned usage_run_sources(const struct usage_run *run)
{
	return run->sources;
}

void usage_run_wait(struct usage_run *run)
{
	struct pollfd poller = { .fd = run->scanner.channel, .events = POLLIN };
	uint64_t passed = clock_usec(CLOCK_MONOTONIC) - run->started_usec;
	int n;

	if (passed >= LATE_USEC) {
		usage_run_end(run, -ETIMEDOUT);
		return;
	}
	n = poll(&poller, 1, (int)((LATE_USEC - passed) / 1000) + 1);
	if (n > 0)
		usage_run_handle(run);
}
