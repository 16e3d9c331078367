/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Decides when the usage of devices is read: after events, from time to time, and on demand. One
 * reading runs at a time, and all demands that came before its start share it.
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/host/usage-run.h"
#include "daemon/host/usage-watch.h"
#include "daemon/host/watch-timer.h"
#include "sys/usage/routes.h"
#include "sys/usage/usage-scan.h"

#define POLL_USEC 2000000 /* at least between two readings of all */
#define MARK_USEC 100000  /* delay after an event, so that several are read together */
#define FAILED_USEC 500000
#define RECENT_USEC 2000000 /* a plan needs no later reading, if readings take long */

#define USAGE_OF_FILES ((unsigned)USAGE_OF_PROCESSES)

struct usage_demand {
	usage_demand_fn fn;
	void *userdata;
	bool started; /* the reading that runs began after it */
};

struct usage_watch {
	sd_event *event;
	const struct sysfs_root *root;
	const struct usage_watch_observer *observer;
	void *userdata;
	int mounts, swaps, routes; /* descriptors that report changes; negative: none */
	sd_event_source *mounts_source, *swaps_source, *routes_source;
	unsigned marked; /* sources to read */
	sd_event_source *mark_source, *poll_source, *demand_source;
	struct usage_run *run;	      /* the reading that is under way, or NULL */
	bool discarded;		      /* the report of run does not count */
	struct vec demands;	      /* struct usage_demand, owned */
	bool requested;		      /* a demand of usage_watch_request() waits */
	bool announce;		      /* the observer is called even if nothing differs */
	bool polled;		      /* a poll of open devices has found a change */
	uint64_t read_usec;	      /* the end of the last reading of all; 0: it does not count */
	uint64_t all_usec, mark_usec; /* the work of the last readings: of all, of marked */
	struct vec gaps;	      /* users that took too long, as numbers; for the log */
};

static void usage_watch_advance(struct usage_watch *watch);

/* --- what a reading has found --- */

static int usage_watch_list_claimable(const struct usage_watch *watch, struct vec *ret)
{
	int r = watch->observer->list_claimable(ret, watch->userdata);

	if (r < 0)
		return r;
	vec_sort(ret, vec_cmp_pointer);
	return 0;
}

static bool usage_watch_has_gap(const struct vec *gaps, const void *uid)
{
	for (size_t i = 0; i < gaps->n; i++)
		if (gaps->items[i] == uid)
			return true;
	return false;
}

/* Logs each user once, until it was read in full again. */
static void usage_watch_log_gaps(struct usage_watch *watch, const struct usage_set *set)
{
	_cleanup_vec_ struct vec gaps = { 0 };

	for (size_t i = 0; i < set->gaps.n; i++) {
		if (!usage_watch_has_gap(&watch->gaps, set->gaps.items[i]))
			log_warning("The processes of uid %u have too much open to look at all of "
				    "it: devices that this user may open count as in use",
				    (unsigned)(uintptr_t)set->gaps.items[i]);
		if (vec_add(&gaps, set->gaps.items[i]) < 0)
			break;
	}
	vec_drop(&watch->gaps);
	watch->gaps = TAKE_STRUCT(gaps);
}

static int usage_watch_apply_files(struct usage_watch *watch, const struct usage_set *set,
				   bool *ret_changed)
{
	_cleanup_vec_ struct vec devices = { 0 };
	bool opened = false;
	int r = usage_watch_list_claimable(watch, &devices);

	if (r < 0)
		return r;
	usage_watch_log_gaps(watch, set);
	r = usage_set_apply(set, watch->observer->inventory(watch->userdata), USAGE_OF_FILES,
			    &devices, &opened);
	*ret_changed |= watch->polled || opened;
	watch->polled = false;
	return r;
}

static int usage_watch_apply(struct usage_watch *watch, unsigned sources,
			     const struct usage_set *set, bool *ret_changed)
{
	int r = usage_set_apply(set, watch->observer->inventory(watch->userdata),
				sources & ~USAGE_OF_FILES, NULL, ret_changed);

	if (r < 0 || !(sources & USAGE_OF_FILES))
		return r;
	return usage_watch_apply_files(watch, set, ret_changed);
}

/* --- readings --- */

static void usage_watch_start_poll(struct usage_watch *watch)
{
	watch_timer_start(watch->poll_source, watch_timer_rest(watch->all_usec, POLL_USEC));
}

/* Answers the demands that began before the reading. */
static void usage_watch_answer(struct usage_watch *watch, int r)
{
	for (;;) {
		struct usage_demand *demand = NULL;

		VEC_FOREACH(struct usage_demand, waiting, &watch->demands)
			if (waiting->started && !demand)
				demand = waiting;
		if (!demand)
			return;
		vec_remove(&watch->demands, demand);
		demand->fn(r, demand->userdata);
		free(demand);
	}
}

/* A reading that failed counts as a long one. */
static void usage_watch_note_time(struct usage_watch *watch, unsigned sources, int r,
				  const struct usage_set *set)
{
	uint64_t work_usec = r < 0 ? FAILED_USEC : set->work_usec;

	if (sources == USAGE_OF_ALL) {
		watch->all_usec = work_usec;
		watch->read_usec = clock_usec(CLOCK_MONOTONIC);
	} else {
		watch->mark_usec = work_usec;
	}
}

static void usage_watch_publish(struct usage_watch *watch, int r, bool changed)
{
	if (r < 0)
		log_error_errno(r, "Usage of devices is out of date");
	if (changed)
		watch->observer->changed(watch->userdata);
}

/* Puts the sources of a reading that does not count back. */
static void usage_watch_repeat(struct usage_watch *watch, unsigned sources)
{
	VEC_FOREACH(struct usage_demand, demand, &watch->demands)
		demand->started = false;
	if (sources != USAGE_OF_ALL)
		watch->marked |= sources;
	else
		watch->requested = true;
}

static void usage_watch_finish(struct usage_watch *watch, int r, unsigned sources,
			       const struct usage_set *set)
{
	bool all = sources == USAGE_OF_ALL, changed = false;

	if (r >= 0)
		r = usage_watch_apply(watch, sources, set, &changed);
	if (all && r >= 0 && watch->announce) {
		watch->announce = false;
		changed = true;
	}
	usage_watch_publish(watch, r, changed);
	if (!all)
		return;
	if (r < 0)
		watch->read_usec = 0;
	usage_watch_answer(watch, r);
	usage_watch_start_poll(watch);
}

static void usage_watch_on_ended(struct usage_run *run, int r, const struct usage_set *set,
				 void *userdata)
{
	struct usage_watch *watch = userdata;
	unsigned sources = usage_run_sources(run);

	usage_watch_note_time(watch, sources, r, set);
	watch->run = usage_run_free(run);
	if (watch->discarded)
		usage_watch_repeat(watch, sources);
	else
		usage_watch_finish(watch, r, sources, set);
	usage_watch_advance(watch);
}

/* Polls before the processes are read: the reading then names those that hold what is open. */
static void usage_watch_poll_devices(struct usage_watch *watch)
{
	_cleanup_vec_ struct vec devices = { 0 };

	if (usage_watch_list_claimable(watch, &devices) >= 0 &&
	    watch->observer->open_files_polled(&devices, watch->userdata))
		watch->polled = true;
}

static void usage_watch_start(struct usage_watch *watch, unsigned sources)
{
	const struct usage_run_handler handler = { usage_watch_on_ended, watch };
	int r;

	watch->discarded = false;
	watch->marked &= ~sources;
	if (sources & USAGE_OF_FILES)
		usage_watch_poll_devices(watch);
	if (sources == USAGE_OF_ALL) {
		watch->requested = false;
		VEC_FOREACH(struct usage_demand, demand, &watch->demands)
			demand->started = true;
	}
	r = usage_run_start(watch->event, watch->root, watch->observer->inventory(watch->userdata),
			    sources, &handler, &watch->run);
	if (r < 0)
		usage_watch_finish(watch, r, sources, NULL);
}

/* Starts a reading of all if it is wanted now. Marked sources wait for their timer. */
static void usage_watch_advance(struct usage_watch *watch)
{
	if (!watch->run && (watch->requested || watch->demands.n > 0))
		usage_watch_start(watch, USAGE_OF_ALL);
	if (!watch->run && watch->marked)
		watch_timer_start(watch->mark_source,
				  watch_timer_rest(watch->mark_usec, MARK_USEC));
}

/* --- events of the kernel --- */

void usage_watch_mark(struct usage_watch *watch, unsigned sources)
{
	bool waits = watch->marked != 0;

	watch->marked |= sources;
	watch->read_usec = 0;
	if (!waits && !watch->run)
		watch_timer_start(watch->mark_source,
				  watch_timer_rest(watch->mark_usec, MARK_USEC));
}

static int usage_watch_on_marked(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct usage_watch *watch = userdata;

	if (!watch->run && watch->marked)
		usage_watch_start(watch, watch->marked);
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

/* Reads all only while a group can be claimed. */
static int usage_watch_on_poll(sd_event_source *source, uint64_t usec, void *userdata)
{
	_cleanup_vec_ struct vec devices = { 0 };
	struct usage_watch *watch = userdata;

	usage_watch_start_poll(watch);
	if (watch->run)
		return 0;
	if (usage_watch_list_claimable(watch, &devices) >= 0 && devices.n == 0)
		return 0;
	usage_watch_start(watch, USAGE_OF_ALL);
	return 0;
}

void usage_watch_restart(struct usage_watch *watch)
{
	watch->read_usec = 0;
	if (watch->run)
		watch->discarded = true;
	else
		watch_timer_start(watch->poll_source, 0);
}

/* --- on demand --- */

bool usage_watch_is_recent(const struct usage_watch *watch)
{
	uint64_t age = clock_usec(CLOCK_MONOTONIC) - watch->read_usec;
	uint64_t most = watch_timer_rest(watch->all_usec, 0);

	return watch->read_usec > 0 && !watch->marked &&
	       age <= (most < RECENT_USEC ? most : RECENT_USEC);
}

int usage_watch_demand(struct usage_watch *watch, usage_demand_fn fn, void *userdata,
		       struct usage_demand **ret)
{
	struct usage_demand *demand = calloc(1, sizeof(*demand));

	if (!demand)
		return -ENOMEM;
	demand->fn = fn;
	demand->userdata = userdata;
	if (vec_add(&watch->demands, demand) < 0) {
		free(demand);
		return -ENOMEM;
	}
	*ret = demand;
	watch_timer_start(watch->demand_source, 0);
	return 0;
}

void usage_watch_forget(struct usage_watch *watch, struct usage_demand *demand)
{
	if (demand && vec_remove(&watch->demands, demand))
		free(demand);
}

void usage_watch_request(struct usage_watch *watch)
{
	watch->requested = true;
	watch->announce = true;
	watch_timer_start(watch->demand_source, 0);
}

/* Runs in a turn of its own, so that all demands of the last turn share a reading. */
static int usage_watch_on_demand(sd_event_source *source, uint64_t usec, void *userdata)
{
	usage_watch_advance(userdata);
	return 0;
}

struct usage_wait {
	bool done;
	int r;
};

static void usage_wait_end(int r, void *userdata)
{
	*(struct usage_wait *)userdata = (struct usage_wait){ true, r };
}

int usage_watch_read(struct usage_watch *watch)
{
	struct usage_wait wait = { 0 };
	struct usage_demand *demand;
	int r = usage_watch_demand(watch, usage_wait_end, &wait, &demand);

	if (r < 0)
		return r;
	usage_watch_advance(watch);
	while (!wait.done && watch->run)
		usage_run_wait(watch->run);
	if (!wait.done) {
		usage_watch_forget(watch, demand);
		return -EIO;
	}
	return wait.r;
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
	r = watch_timer_new(watch->event, usage_watch_on_demand, watch, &watch->demand_source);
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
	watch_timer_start(watch->poll_source, POLL_USEC);
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
	sd_event_source_disable_unref(watch->demand_source);
	usage_run_free(watch->run);
	usage_run_forget_all();
	VEC_FOREACH(struct usage_demand, demand, &watch->demands)
		free(demand);
	vec_drop(&watch->demands);
	vec_drop(&watch->gaps);
	fd_close(watch->mounts);
	fd_close(watch->swaps);
	fd_close(watch->routes);
	sd_event_unref(watch->event);
	free(watch);
	return NULL;
}
