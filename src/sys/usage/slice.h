/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The time that a part of a walk may take. What others made long is left when it is over. It is the
 * time that this thread works: on a busy machine, waiting for a processor does not count.
 */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/clock.h"

#define SLICE_FOREVER UINT64_MAX
#define SLICE_ITEMS 32 /* looked at before the clock is asked again */

struct slice {
	uint64_t end_usec; /* by CLOCK_THREAD_CPUTIME_ID; SLICE_FOREVER: never */
	unsigned items;
};

/* Call it before each item. Returns true when the time is over. */
static inline bool slice_is_over(struct slice *slice)
{
	if (slice->end_usec == SLICE_FOREVER || ++slice->items % SLICE_ITEMS != 0)
		return false;
	return clock_usec(CLOCK_THREAD_CPUTIME_ID) >= slice->end_usec;
}
