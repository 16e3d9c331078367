/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>

#include "base/dir.h"
#include "base/str.h"
#include "sys/usage/process-turns.h"
#include "sys/usage/process-user.h"

/* The first turn of a user. Each further one is twice as long. */
#define FIRST_USEC 10000

struct turn_process {
	pid_t pid;
	unsigned fd_size;
};

struct turn_user {
	uid_t uid;
	struct vec processes; /* struct turn_process, owned */
	size_t next;	      /* the process that is looked at next */
	uint64_t spent_usec;
};

struct process_turns {
	int proc_fd;
	struct vec users; /* struct turn_user, owned, sorted by uid */
	struct vec gaps;  /* struct process_turns_gap, owned */
};

/* --- users and their processes --- */

static void *turn_process_free(struct turn_process *process)
{
	free(process);
	return NULL;
}

static DEFINE_VEC_CLEAR(turn_processes_clear, struct turn_process, turn_process_free)

static struct turn_user *turn_user_free(struct turn_user *user)
{
	turn_processes_clear(&user->processes);
	free(user);
	return NULL;
}

static DEFINE_VEC_CLEAR(turn_users_clear, struct turn_user, turn_user_free)

static int turn_user_cmp(const void *key, const void *item)
{
	uid_t a = *(const uid_t *)key, b = ((const struct turn_user *)item)->uid;

	return (a > b) - (a < b);
}

/* Returns the entry of @uid, a new one if there is none. NULL when out of memory. */
static struct turn_user *process_turns_get_user(struct process_turns *turns, uid_t uid)
{
	size_t at = 0;
	ptrdiff_t i = vec_find_sorted(&turns->users, &uid, turn_user_cmp, &at);
	struct turn_user *user;

	if (i >= 0)
		return turns->users.items[i];
	user = calloc(1, sizeof(*user));
	if (!user)
		return NULL;
	user->uid = uid;
	if (vec_insert(&turns->users, at, user) < 0)
		return turn_user_free(user);
	return user;
}

static int process_turns_open(const struct process_turns *turns, pid_t pid)
{
	char name[16];

	snprintf(name, sizeof(name), "%d", (int)pid);
	return openat(turns->proc_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int process_turns_add(struct process_turns *turns, pid_t pid)
{
	_cleanup_close_ int proc_fd = process_turns_open(turns, pid);
	struct turn_process *process;
	struct process_user owner;
	struct turn_user *user;

	if (proc_fd < 0) /* the process has ended */
		return 0;
	owner = process_user_read(proc_fd);
	user = process_turns_get_user(turns, owner.uid);
	if (!user)
		return -ENOMEM;
	process = calloc(1, sizeof(*process));
	if (!process)
		return -ENOMEM;
	*process = (struct turn_process){ pid, owner.fd_size };
	if (vec_add(&user->processes, process) < 0) {
		free(process);
		return -ENOMEM;
	}
	return 0;
}

static int process_turns_list(struct process_turns *turns, DIR *proc)
{
	DIR_FOREACH(name, proc) {
		unsigned pid;
		int r;

		if (str_parse_uint(name, &pid) < 0)
			continue;
		r = process_turns_add(turns, (pid_t)pid);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Does not use sysfs_root_open_dir(), which is a fault point (fault.h): a walk over processes does
 * not count as an operation of a step.
 */
int process_turns_new(const struct sysfs_root *root, struct process_turns **ret)
{
	_cleanup_process_turns_ struct process_turns *turns = calloc(1, sizeof(*turns));
	_cleanup_closedir_ DIR *proc = NULL;
	int r;

	if (!turns)
		return -ENOMEM;
	turns->proc_fd = -EBADF;
	r = dir_open_at(root->fd, "proc", &proc);
	if (r < 0)
		return r;
	turns->proc_fd = fcntl(dirfd(proc), F_DUPFD_CLOEXEC, 0);
	if (turns->proc_fd < 0)
		return -errno;
	r = process_turns_list(turns, proc);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(turns);
	return 0;
}

static struct process_turns_gap *process_turns_gap_free(struct process_turns_gap *gap)
{
	vec_drop(&gap->pids);
	free(gap);
	return NULL;
}

static DEFINE_VEC_CLEAR(process_turns_gaps_clear, struct process_turns_gap, process_turns_gap_free)

struct process_turns *process_turns_free(struct process_turns *turns)
{
	if (!turns)
		return NULL;
	fd_close(turns->proc_fd);
	turn_users_clear(&turns->users);
	process_turns_gaps_clear(&turns->gaps);
	free(turns);
	return NULL;
}

/* --- turns --- */

struct turns_run {
	struct process_turns *turns;
	const struct process_turns_limits *limits;
	process_turns_fn fn;
	void *userdata;
	uint64_t turn_usec;
	uint64_t spent_usec; /* on all users that are not needed */
};

static bool turn_user_is_done(const struct turn_user *user)
{
	return user->next == user->processes.n;
}

static bool turns_run_needs(const struct turns_run *run, const struct turn_user *user)
{
	return user->uid == 0 || user->uid == run->limits->needed;
}

/* Returns the time that @user has left. */
static uint64_t turns_run_left(const struct turns_run *run, const struct turn_user *user)
{
	bool needed = turns_run_needs(run, user);
	uint64_t limit = needed ? run->limits->needed_usec : run->limits->user_usec;

	if (turn_user_is_done(user) || user->spent_usec >= limit)
		return 0;
	if (!needed && user->spent_usec > 0 && run->spent_usec >= run->limits->all_usec)
		return 0;
	return limit - user->spent_usec;
}

/* Looks at one process. Returns as its function; 0 if the process has ended. */
static int turns_run_visit(const struct turns_run *run, const struct turn_process *process,
			   struct slice *slice)
{
	_cleanup_close_ int proc_fd = process_turns_open(run->turns, process->pid);
	const struct process_turn turn = { process->pid, proc_fd, process->fd_size, slice };

	return proc_fd < 0 ? 0 : run->fn(&turn, run->userdata);
}

/* Puts a process that needs more time behind the others, which may be small. */
static void turn_user_postpone(struct turn_user *user)
{
	struct turn_process *process = vec_remove_at(&user->processes, user->next);

	/* never fails: one was removed just now */
	(void)(vec_add(&user->processes, process) < 0);
}

/*
 * Looks at processes until the end of the turn. One of them has half of it, so that others come to
 * their turn as well. Returns 0, or what ends the walk.
 */
static int turns_run_processes(const struct turns_run *run, struct turn_user *user, uint64_t usec)
{
	uint64_t now = clock_usec(CLOCK_THREAD_CPUTIME_ID), end = now + usec;
	size_t left = user->processes.n - user->next;

	for (; left > 0 && now < end; left--) {
		struct slice slice = { .end_usec = now + usec / 2 < end ? now + usec / 2 : end };
		int r = turns_run_visit(run, user->processes.items[user->next], &slice);

		if (r == -ETIME)
			turn_user_postpone(user);
		else if (r < 0)
			return r;
		else
			user->next++;
		now = clock_usec(CLOCK_THREAD_CPUTIME_ID);
	}
	return 0;
}

static int turns_run_turn(struct turns_run *run, struct turn_user *user, uint64_t usec)
{
	uint64_t start = clock_usec(CLOCK_THREAD_CPUTIME_ID), spent;
	int r = turns_run_processes(run, user, usec);

	spent = clock_usec(CLOCK_THREAD_CPUTIME_ID) - start;
	user->spent_usec += spent + 1; /* never 0 after a turn */
	if (!turns_run_needs(run, user))
		run->spent_usec += spent;
	return r;
}

/* Gives each user a turn that has time left. Returns 1 if any user has more to do. */
static int turns_run_round(struct turns_run *run)
{
	bool more = false;

	VEC_FOREACH(struct turn_user, user, &run->turns->users) {
		uint64_t left = turns_run_left(run, user);
		bool whole = user->uid == 0 || left < run->turn_usec;
		int r;

		if (left == 0)
			continue;
		r = turns_run_turn(run, user, whole ? left : run->turn_usec);
		if (r != 0)
			return r;
		more |= turns_run_left(run, user) > 0;
	}
	return more;
}

static int process_turns_add_gap(struct process_turns *turns, const struct turn_user *user)
{
	struct process_turns_gap *gap = calloc(1, sizeof(*gap));
	int r;

	if (!gap)
		return -ENOMEM;
	gap->uid = user->uid;
	r = vec_add(&turns->gaps, gap);
	if (r < 0) {
		process_turns_gap_free(gap);
		return r;
	}
	for (size_t i = user->next; i < user->processes.n; i++) {
		const struct turn_process *process = user->processes.items[i];

		r = vec_add(&gap->pids, (void *)(uintptr_t)process->pid);
		if (r < 0)
			return r;
	}
	return 0;
}

int process_turns_run(struct process_turns *turns, const struct process_turns_limits *limits,
		      process_turns_fn fn, void *userdata)
{
	struct turns_run run = { turns, limits, fn, userdata, .turn_usec = FIRST_USEC };
	int r;

	while ((r = turns_run_round(&run)) == 1)
		run.turn_usec *= 2;
	if (r != 0)
		return r;
	VEC_FOREACH(const struct turn_user, user, &turns->users) {
		if (turn_user_is_done(user))
			continue;
		r = process_turns_add_gap(turns, user);
		if (r < 0)
			return r;
	}
	return 0;
}

const struct vec *process_turns_gaps(const struct process_turns *turns)
{
	return &turns->gaps;
}

const struct process_turns_gap *process_turns_find_gap(const struct process_turns *turns, uid_t uid)
{
	VEC_FOREACH(const struct process_turns_gap, gap, &turns->gaps)
		if (gap->uid == uid)
			return gap;
	return NULL;
}
