/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/clock.h"

uint64_t clock_usec(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
