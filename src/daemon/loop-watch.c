/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"
#include "daemon/loop-watch.h"

#define SHORT_USEC 1000 /* not worth a line */

/* One event loop runs in a process. */
static uint64_t ended_usec, longest_usec;

/*
 * Runs at the end of each turn in which another source was dispatched. The time is that of this
 * thread alone, so it does not contain the wait for events, nor depend on other processes.
 */
static int loop_watch_on_turn_end(sd_event_source *source, void *userdata)
{
	uint64_t now = clock_usec(CLOCK_THREAD_CPUTIME_ID), usec = now - ended_usec;

	ended_usec = now;
	if (usec <= longest_usec || usec < SHORT_USEC)
		return 0;
	longest_usec = usec;
	log_debug("The longest turn of the event loop took %llu us", (unsigned long long)usec);
	return 0;
}

static int loop_watch_on_start(sd_event_source *source, void *userdata)
{
	ended_usec = clock_usec(CLOCK_THREAD_CPUTIME_ID);
	return 0;
}

int loop_watch_start(sd_event *event)
{
	int r = sd_event_add_defer(event, NULL, loop_watch_on_start, NULL);

	if (r < 0)
		return r;
	return sd_event_add_post(event, NULL, loop_watch_on_turn_end, NULL);
}
