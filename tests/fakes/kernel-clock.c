/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The clock of devgroupd and devgroupctl: it runs as fast as a test wants, and jumps. All of them
 * see the same time, because .kernel/clock holds how it follows from the real one. Programs of the
 * test itself keep the real time.
 *
 * A jump must reach what sleeps already. "fake-kernel advance" sends SIGURG, which is ignored by
 * default, to the processes in .kernel/clocks; the handler sets their timers again.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

#include "kernel.h"

#define CLOCK_FILE ".kernel/clock"
#define SLEEPERS ".kernel/clocks"
#define SECOND 1000000000LL
#define MAX_TIMERS 64
#define SLICE (20 * 1000000LL) /* of a sleep that no signal ends */

/* time = fake + (real time - real) * speed, of CLOCK_MONOTONIC in nanoseconds. */
struct clock {
	_Atomic unsigned changes; /* odd while it is being changed */
	int64_t real, fake, speed;
};

static struct clock *clock_now;

static struct clock *kernel_clock_map(void)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, kernel_path(CLOCK_FILE), O_RDWR | O_CLOEXEC);
	void *map;

	if (fd < 0)
		fd = (int)syscall(SYS_openat, AT_FDCWD, kernel_path(CLOCK_FILE),
				  O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	map = mmap(NULL, sizeof(struct clock), PROT_READ, MAP_SHARED, fd, 0);
	syscall(SYS_close, fd);
	return map == MAP_FAILED ? NULL : map;
}

static int64_t kernel_clock_real(clockid_t id)
{
	struct timespec t = { 0 };

	syscall(SYS_clock_gettime, id, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

static struct clock kernel_clock_read(void)
{
	struct clock copy;
	unsigned before;

	do {
		before = atomic_load(&clock_now->changes);
		copy.real = clock_now->real;
		copy.fake = clock_now->fake;
		copy.speed = clock_now->speed;
	} while (before % 2 || before != atomic_load(&clock_now->changes));
	return copy;
}

/* Converts times of CLOCK_MONOTONIC. */
static int64_t kernel_clock_to_fake(int64_t real)
{
	struct clock c = kernel_clock_read();

	return c.fake + (real - c.real) * c.speed;
}

static int64_t kernel_clock_to_real(int64_t fake)
{
	struct clock c = kernel_clock_read();

	return c.real + (fake - c.fake) / c.speed;
}

/* --- changes, by fake-kernel --- */

void kernel_clock_change(int64_t by_seconds, int64_t speed)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, kernel_path(CLOCK_FILE),
			      O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	int64_t real = kernel_clock_real(CLOCK_MONOTONIC);
	struct clock *c;

	if (fd < 0 || ftruncate(fd, sizeof(struct clock)) < 0)
		return;
	c = mmap(NULL, sizeof(struct clock), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	syscall(SYS_close, fd);
	if (c == MAP_FAILED)
		return;
	if (c->speed == 0)
		*c = (struct clock){ .real = real, .fake = real, .speed = 1 };
	atomic_fetch_add(&c->changes, 1);
	c->fake += (real - c->real) * c->speed + by_seconds * SECOND;
	c->real = real;
	c->speed = speed > 0 ? speed : c->speed;
	atomic_fetch_add(&c->changes, 1);
	munmap(c, sizeof(*c));
}

static int kernel_clock_wake_one(const char *path, const char *name, void *userdata)
{
	int pid = atoi(name);

	if (pid > 0)
		kill(pid, SIGURG);
	return 0;
}

void kernel_clock_wake(void)
{
	kernel_each(SLEEPERS, kernel_clock_wake_one, NULL);
}

/* --- timers --- */

struct timer {
	int fd;
	clockid_t id;
	int64_t at; /* fake, of CLOCK_MONOTONIC; 0: not set */
};

static struct timer timers[MAX_TIMERS];
static volatile sig_atomic_t jumps;

static void kernel_clock_arm(const struct timer *timer)
{
	int64_t at = kernel_clock_to_real(timer->at), now = kernel_clock_real(CLOCK_MONOTONIC);
	int64_t rest = at > now ? at - now : 1;
	const struct itimerspec value = { .it_value = { .tv_sec = rest / SECOND,
							.tv_nsec = rest % SECOND } };

	syscall(SYS_timerfd_settime, timer->fd, 0, &value, NULL);
}

static void kernel_clock_on_jump(int signal_number)
{
	int saved = errno;

	jumps++;
	for (int i = 0; i < MAX_TIMERS; i++)
		if (timers[i].at)
			kernel_clock_arm(&timers[i]);
	errno = saved;
}

/* The programs whose clock it is are known by their names. */
__attribute__((constructor(102))) static void kernel_clock_init(void)
{
	struct sigaction action = { .sa_handler = kernel_clock_on_jump, .sa_flags = SA_RESTART };
	char path[PATH_MAX];

	if (!kernel_root || strncmp(program_invocation_short_name, "devgroup", 8) != 0)
		return;
	clock_now = kernel_clock_map();
	if (!clock_now)
		return;
	sigaction(SIGURG, &action, NULL);
	kernel_place(path, SLEEPERS "/%d", (int)getpid());
	kernel_write(path, "%s", "");
}

KERNEL_EXPORT int timerfd_settime(int fd, int flags, const struct itimerspec *value,
				  struct itimerspec *old)
{
	struct timer *free_one = NULL, *timer = NULL;
	int64_t at = value->it_value.tv_sec * SECOND + value->it_value.tv_nsec;
	clockid_t id = CLOCK_MONOTONIC;

	if (!clock_now)
		return (int)syscall(SYS_timerfd_settime, fd, flags, value, old);
	for (int i = 0; i < MAX_TIMERS; i++) {
		if (timers[i].fd == fd)
			timer = &timers[i];
		else if (!timers[i].fd)
			free_one = &timers[i];
	}
	if (!timer)
		timer = free_one;
	if (!timer || at == 0 || at >= INT64_MAX / 2 || flags & TFD_TIMER_CANCEL_ON_SET) {
		if (timer)
			timer->at = 0;
		return (int)syscall(SYS_timerfd_settime, fd, flags, value, old);
	}
	if (timer->fd == fd)
		id = timer->id;
	if (!(flags & TFD_TIMER_ABSTIME))
		at += kernel_clock_to_fake(kernel_clock_real(CLOCK_MONOTONIC));
	else if (id == CLOCK_REALTIME)
		at -= kernel_clock_real(CLOCK_REALTIME) - kernel_clock_real(CLOCK_MONOTONIC);
	else if (id == CLOCK_BOOTTIME)
		at -= kernel_clock_real(CLOCK_BOOTTIME) - kernel_clock_real(CLOCK_MONOTONIC);
	*timer = (struct timer){ .fd = fd, .id = id, .at = at };
	kernel_clock_arm(timer);
	return 0;
}

/* Notes what clock a timer has, which nothing says later. */
KERNEL_EXPORT int timerfd_create(int id, int flags)
{
	int fd = (int)syscall(SYS_timerfd_create, id, flags);

	for (int i = 0; clock_now && fd > 0 && i < MAX_TIMERS; i++)
		if (!timers[i].fd || timers[i].fd == fd) {
			timers[i] = (struct timer){ .fd = fd, .id = id };
			break;
		}
	return fd;
}

/* --- the time --- */

static int64_t kernel_clock_time(clockid_t id)
{
	int64_t real = kernel_clock_real(CLOCK_MONOTONIC);

	return kernel_clock_real(id) + kernel_clock_to_fake(real) - real;
}

KERNEL_EXPORT int clock_gettime(clockid_t id, struct timespec *ret)
{
	int64_t now;

	if (!clock_now || (id != CLOCK_MONOTONIC && id != CLOCK_REALTIME && id != CLOCK_BOOTTIME &&
			   id != CLOCK_MONOTONIC_COARSE && id != CLOCK_REALTIME_COARSE))
		return (int)syscall(SYS_clock_gettime, id, ret);
	now = kernel_clock_time(id);
	*ret = (struct timespec){ .tv_sec = now / SECOND, .tv_nsec = now % SECOND };
	return 0;
}

KERNEL_EXPORT time_t time(time_t *ret)
{
	time_t now = (time_t)((clock_now ? kernel_clock_time(CLOCK_REALTIME) :
					   kernel_clock_real(CLOCK_REALTIME)) /
			      SECOND);

	if (ret)
		*ret = now;
	return now;
}

KERNEL_EXPORT int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	int64_t now =
		clock_now ? kernel_clock_time(CLOCK_REALTIME) : kernel_clock_real(CLOCK_REALTIME);

	*ret = (struct timeval){ .tv_sec = now / SECOND, .tv_usec = now % SECOND / 1000 };
	return 0;
}

/* --- sleeping --- */

KERNEL_EXPORT int nanosleep(const struct timespec *wanted, struct timespec *rest)
{
	int64_t end = wanted->tv_sec * SECOND + wanted->tv_nsec;

	if (!clock_now)
		return (int)syscall(SYS_nanosleep, wanted, rest);
	end += kernel_clock_time(CLOCK_MONOTONIC);
	for (;;) {
		int64_t left = kernel_clock_to_real(end) - kernel_clock_real(CLOCK_MONOTONIC);
		struct timespec slice = { .tv_nsec = left < SLICE ? left : SLICE };

		if (left <= 0)
			return 0;
		syscall(SYS_nanosleep, &slice, NULL);
	}
}

/* Waits with ppoll(2) until the fake time @end, or without an end if that is negative. */
static int kernel_clock_poll(struct pollfd *fds, nfds_t n, int64_t end, const sigset_t *mask)
{
	for (;;) {
		sig_atomic_t before = jumps;
		struct timespec rest, *timeout = NULL;
		int r;

		if (end >= 0) {
			int64_t left =
				kernel_clock_to_real(end) - kernel_clock_real(CLOCK_MONOTONIC);

			left = left > 0 ? left : 0;
			rest = (struct timespec){ left / SECOND, left % SECOND };
			timeout = &rest;
		}
		r = (int)syscall(SYS_ppoll, fds, n, timeout, mask, 8);
		if (r >= 0 || errno != EINTR || before == jumps)
			return r;
	}
}

KERNEL_EXPORT int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
			const sigset_t *mask)
{
	struct timespec copy = timeout ? *timeout : (struct timespec){ 0 };

	if (!clock_now)
		return (int)syscall(SYS_ppoll, fds, n, timeout ? &copy : NULL, mask, 8);
	if (!timeout)
		return kernel_clock_poll(fds, n, -1, mask);
	return kernel_clock_poll(fds, n,
				 kernel_clock_time(CLOCK_MONOTONIC) + copy.tv_sec * SECOND +
					 copy.tv_nsec,
				 mask);
}

KERNEL_EXPORT int poll(struct pollfd *fds, nfds_t n, int milliseconds)
{
	if (!clock_now)
		return (int)syscall(SYS_poll, fds, n, milliseconds);
	if (milliseconds < 0)
		return kernel_clock_poll(fds, n, -1, NULL);
	return kernel_clock_poll(
		fds, n, kernel_clock_time(CLOCK_MONOTONIC) + milliseconds * (SECOND / 1000), NULL);
}

/* sd-event waits with timers; a timeout here is short. */
KERNEL_EXPORT int epoll_wait(int fd, struct epoll_event *events, int n, int milliseconds)
{
	if (clock_now && milliseconds > 0)
		milliseconds = (int)(milliseconds / kernel_clock_read().speed);
	return (int)syscall(SYS_epoll_pwait, fd, events, n, milliseconds, NULL, 8);
}
