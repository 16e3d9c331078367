/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The clocks of the kernel, in microseconds. */

#include <stdint.h>
#include <time.h>

/* Returns the time of @id in microseconds. CLOCK_MONOTONIC and CLOCK_REALTIME cannot fail. */
static inline uint64_t clock_usec(clockid_t id)
{
	struct timespec time;

	clock_gettime(id, &time);
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}
