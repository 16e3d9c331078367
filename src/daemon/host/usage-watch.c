/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Re-reads the usage of devices, at events and in a walk over /proc that takes its time in parts.
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/host/usage-watch.h"
#include "daemon/host/watch-timer.h"
#include "sys/usage/routes.h"
#include "sys/usage/usage-process.h"
#include "sys/usage/usage-scan.h"

#define POLL_USEC 2000000 /* at least between two walks */
#define MARK_USEC 100000  /* delay after an event, so that several are read together */
#define PROCESSES_ONCE 64 /* read before the event loop gets its turn */

#define EVENT_USAGES (USAGE_OF_BLOCK | USAGE_OF_NET | USAGE_OF_CONSOLE)
#define POLLED_USAGES (USAGE_OF_BLOCK | USAGE_OF_CONSOLE)

struct usage_watch {
	sd_event *event;
	const struct sysfs_root *root;
	const struct usage_watch_observer *observer;
	void *userdata;
	int mounts, swaps, routes; /* descriptors that report changes; negative: none */
	sd_event_source *mounts_source, *swaps_source, *routes_source;
	unsigned marked; /* sources to read */
	sd_event_source *mark_source, *poll_source;
	struct usage_process_walk *walk; /* the walk that is under way, or NULL */
	uint64_t walk_usec;		 /* duration of the walk so far */
	uint64_t mark_usec;		 /* duration of the last read of marked sources */
};

static int usage_watch_read_sources(struct usage_watch *watch, unsigned sources, bool *ret_changed)
{
	return usage_scan_refresh(watch->root, watch->observer->inventory(watch->userdata), sources,
				  ret_changed);
}

static void usage_watch_publish(struct usage_watch *watch, int r, bool changed)
{
	if (r < 0)
		log_error_errno(r, "Usage of devices is out of date");
	else if (changed)
		watch->observer->changed(watch->userdata);
}

/* --- events of the kernel --- */

void usage_watch_mark(struct usage_watch *watch, unsigned sources)
{
	bool waits = watch->marked != 0;

	watch->marked |= sources;
	if (!waits)
		watch_timer_start(watch->mark_source,
				  watch_timer_rest(watch->mark_usec, MARK_USEC));
}

static int usage_watch_on_marked(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct usage_watch *watch = userdata;
	unsigned sources = watch->marked;
	uint64_t start = clock_usec(CLOCK_MONOTONIC);
	bool changed = false;
	int r;

	watch->marked = 0;
	r = usage_watch_read_sources(watch, sources, &changed);
	watch->mark_usec = clock_usec(CLOCK_MONOTONIC) - start;
	usage_watch_publish(watch, r, changed);
	return 0;
}

static int usage_watch_on_mounts(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	usage_watch_mark(userdata, USAGE_OF_BLOCK);
	return 0;
}

static int usage_watch_on_routes(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	if (routes_watch_dispatch(fd))
		usage_watch_mark(userdata, USAGE_OF_NET);
	return 0;
}

/* --- usage without events --- */

static int usage_watch_list_claimable(struct usage_watch *watch, struct vec *ret)
{
	int r = watch->observer->list_claimable(ret, watch->userdata);

	if (r < 0)
		return r;
	vec_sort(ret, vec_cmp_pointer);
	return 0;
}

static int usage_watch_apply_walk(struct usage_watch *watch, const struct vec *devices,
				  bool *ret_changed)
{
	bool open_files_polled, opened = false, others = false;
	int r;

	/* Poll before the walk is applied: a process that it found may hold what is open now. */
	open_files_polled = watch->observer->open_files_polled(devices, watch->userdata);
	r = usage_process_walk_apply(watch->walk, watch->observer->inventory(watch->userdata),
				     devices, &opened);
	watch->walk = usage_process_walk_free(watch->walk);
	if (r < 0)
		return r;
	/* Mounts in other namespaces and consoles make no event. They are read after each walk. */
	r = usage_watch_read_sources(watch, POLLED_USAGES, &others);
	if (r < 0)
		return r;
	*ret_changed = open_files_polled || opened || others;
	return 0;
}

static void usage_watch_end_walk(struct usage_watch *watch, const struct vec *devices)
{
	uint64_t start = clock_usec(CLOCK_MONOTONIC);
	bool changed = false;
	int r = usage_watch_apply_walk(watch, devices, &changed);

	watch->walk_usec += clock_usec(CLOCK_MONOTONIC) - start;
	usage_watch_publish(watch, r, changed);
}

/* Reads a part of the walk. Returns 1 if there is more, 0 at its end, or -ENOMEM. */
static int usage_watch_step_walk(struct usage_watch *watch)
{
	int r;

	if (!watch->walk) {
		watch->walk_usec = 0;
		r = usage_process_walk_new(watch->root, &watch->walk);
		if (r < 0)
			return r;
	}
	return usage_process_walk_step(watch->walk, watch->observer->inventory(watch->userdata),
				       PROCESSES_ONCE);
}

static void usage_watch_fail_walk(struct usage_watch *watch, int r)
{
	usage_watch_publish(watch, r, false);
	usage_watch_restart(watch);
}

/* Returns true if the walk goes on. */
static bool usage_watch_continue_walk(struct usage_watch *watch)
{
	_cleanup_vec_ struct vec devices = { 0 };
	uint64_t start = clock_usec(CLOCK_MONOTONIC);
	int r = usage_watch_list_claimable(watch, &devices);

	if (r < 0) {
		usage_watch_fail_walk(watch, r);
		return false;
	}
	if (devices.n == 0) { /* no group can be claimed */
		usage_watch_restart(watch);
		return false;
	}
	r = usage_watch_step_walk(watch);
	watch->walk_usec += clock_usec(CLOCK_MONOTONIC) - start;
	if (r > 0)
		return true;
	if (r < 0)
		usage_watch_fail_walk(watch, r);
	else
		usage_watch_end_walk(watch, &devices);
	return false;
}

static int usage_watch_on_poll(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct usage_watch *watch = userdata;

	if (usage_watch_continue_walk(watch))
		watch_timer_start(source, 0);
	else
		watch_timer_start(source, watch_timer_rest(watch->walk_usec, POLL_USEC));
	return 0;
}

void usage_watch_restart(struct usage_watch *watch)
{
	watch->walk = usage_process_walk_free(watch->walk);
}

/* --- all at once --- */

static int usage_watch_read_open_files(struct usage_watch *watch, bool *ret_changed)
{
	_cleanup_(usage_process_walk_freep) struct usage_process_walk *walk = NULL;
	_cleanup_vec_ struct vec devices = { 0 };
	struct inventory *inv = watch->observer->inventory(watch->userdata);
	int r = usage_watch_list_claimable(watch, &devices);

	if (r < 0)
		return r;
	r = usage_process_walk_new(watch->root, &walk);
	if (r < 0)
		return r;
	r = usage_process_walk_step(walk, inv, UINT32_MAX);
	if (r < 0)
		return r;
	return usage_process_walk_apply(walk, inv, &devices, ret_changed);
}

static int usage_watch_read_all(struct usage_watch *watch, bool *ret_changed)
{
	bool reported = false, opened = false;
	int r = usage_watch_read_sources(watch, EVENT_USAGES, &reported);

	*ret_changed = reported;
	usage_watch_restart(watch);
	if (r < 0)
		return r;
	r = usage_watch_read_open_files(watch, &opened);
	*ret_changed = reported || opened;
	return r;
}

int usage_watch_read(struct usage_watch *watch)
{
	bool changed = false;
	int r = usage_watch_read_all(watch, &changed);

	/* Report after a failure too: some sources were read before it. */
	if (changed)
		watch->observer->changed(watch->userdata);
	return r;
}

/* --- life --- */

static int usage_watch_open_file(struct usage_watch *watch, const char *path)
{
	return openat(watch->root->fd, path, O_RDONLY | O_CLOEXEC);
}

/*
 * Watches a file of /proc: it is always readable, and a change is an exception (man 5
 * proc_pid_mounts).
 */
static int usage_watch_add_file(struct usage_watch *watch, int fd, sd_event_source **ret)
{
	int r;

	if (fd < 0)
		return 0;
	r = sd_event_add_io(watch->event, ret, fd, EPOLLPRI, usage_watch_on_mounts, watch);
	/* A recorded tree in place of /proc has plain files, which epoll refuses. */
	return r == -EPERM ? 0 : r;
}

static int usage_watch_open_files(struct usage_watch *watch)
{
	/* Process 1 has the mounts of the host: the daemon may have a namespace of its own. */
	watch->mounts = usage_watch_open_file(watch, "proc/1/mountinfo");
	if (watch->mounts < 0)
		watch->mounts = usage_watch_open_file(watch, "proc/self/mountinfo");
	watch->swaps = usage_watch_open_file(watch, "proc/swaps");
	watch->routes = routes_watch();
	return watch->routes < 0 ? watch->routes : 0;
}

static int usage_watch_add_sources(struct usage_watch *watch)
{
	int r = usage_watch_add_file(watch, watch->mounts, &watch->mounts_source);

	if (r < 0)
		return r;
	r = usage_watch_add_file(watch, watch->swaps, &watch->swaps_source);
	if (r < 0)
		return r;
	r = sd_event_add_io(watch->event, &watch->routes_source, watch->routes, EPOLLIN,
			    usage_watch_on_routes, watch);
	if (r < 0)
		return r;
	r = watch_timer_new(watch->event, usage_watch_on_marked, watch, &watch->mark_source);
	if (r < 0)
		return r;
	return watch_timer_new(watch->event, usage_watch_on_poll, watch, &watch->poll_source);
}

int usage_watch_new(sd_event *event, const struct sysfs_root *root,
		    const struct usage_watch_observer *observer, void *userdata,
		    struct usage_watch **ret)
{
	_cleanup_(usage_watch_freep) struct usage_watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	*watch = (struct usage_watch){
		.event = sd_event_ref(event),
		.root = root,
		.observer = observer,
		.userdata = userdata,
		.mounts = -EBADF,
		.swaps = -EBADF,
		.routes = -EBADF,
	};
	r = usage_watch_open_files(watch);
	if (r < 0)
		return r;
	r = usage_watch_add_sources(watch);
	if (r < 0)
		return r;
	watch_timer_start(watch->poll_source, 0);
	*ret = TAKE_PTR(watch);
	return 0;
}

struct usage_watch *usage_watch_free(struct usage_watch *watch)
{
	if (!watch)
		return NULL;
	sd_event_source_disable_unref(watch->mounts_source);
	sd_event_source_disable_unref(watch->swaps_source);
	sd_event_source_disable_unref(watch->routes_source);
	sd_event_source_disable_unref(watch->mark_source);
	sd_event_source_disable_unref(watch->poll_source);
	usage_process_walk_free(watch->walk);
	fd_close(watch->mounts);
	fd_close(watch->swaps);
	fd_close(watch->routes);
	sd_event_unref(watch->event);
	free(watch);
	return NULL;
}
