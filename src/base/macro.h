/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Declaration helpers only: no macro here hides control flow.
 *
 * _cleanup_(fn) calls fn(&variable) when the variable leaves its scope. DEFINE_CLEANUP makes such a
 * function from a destructor, and every destructor accepts NULL. TAKE_PTR, TAKE_FD and TAKE_STRUCT
 * move ownership out of a variable.
 */

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(fn) __attribute__((cleanup(fn)))
#define _printf_(fmt, first) __attribute__((format(printf, fmt, first)))
#define _must_check_ __attribute__((warn_unused_result))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#define TAKE_PTR(ptr)                              \
	({                                         \
		__typeof__(ptr) *take_at = &(ptr); \
		__typeof__(ptr) taken = *take_at;  \
		*take_at = NULL;                   \
		taken;                             \
	})

#define TAKE_FD(fd)                   \
	({                            \
		int *take_at = &(fd); \
		int taken = *take_at; \
		*take_at = -EBADF;    \
		taken;                \
	})

/* Returns the struct and leaves one of zeros behind: *ret = TAKE_STRUCT(list); */
#define TAKE_STRUCT(variable)                                \
	({                                                   \
		__typeof__(variable) *take_at = &(variable); \
		__typeof__(variable) taken = *take_at;       \
		*take_at = (__typeof__(variable)){ 0 };      \
		taken;                                       \
	})

#define DEFINE_CLEANUP(type, name, destroy)     \
	static inline void name(type *variable) \
	{                                       \
		if (*variable)                  \
			destroy(*variable);     \
	}

static inline void freep(void *variable)
{
	free(*(void **)variable);
}

/* Closes @fd unless it is negative. Keeps errno, and returns the value of a closed descriptor. */
static inline int fd_close(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return -EBADF;
}

static inline void fd_closep(int *fd)
{
	fd_close(*fd);
}

DEFINE_CLEANUP(FILE *, fclosep, fclose)
DEFINE_CLEANUP(DIR *, closedirp, closedir)

#define _cleanup_free_ _cleanup_(freep)
#define _cleanup_close_ _cleanup_(fd_closep)
#define _cleanup_fclose_ _cleanup_(fclosep)
#define _cleanup_closedir_ _cleanup_(closedirp)
