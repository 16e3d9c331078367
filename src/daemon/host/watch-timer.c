/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <time.h>

#include "base/log.h"
#include "daemon/host/watch-timer.h"

#define SHARE 20 /* a check takes at most 1/SHARE of the time */

int watch_timer_new(sd_event *event, sd_event_time_handler_t fn, void *userdata,
		    sd_event_source **ret)
{
	_cleanup_(sd_event_source_disable_unrefp) sd_event_source *timer = NULL;
	int r = sd_event_add_time_relative(event, &timer, CLOCK_MONOTONIC, 0, 0, fn, userdata);

	if (r < 0)
		return r;
	r = sd_event_source_set_enabled(timer, SD_EVENT_OFF);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(timer);
	return 0;
}

static int watch_timer_set(sd_event_source *timer, uint64_t usec)
{
	int r = sd_event_source_set_time_relative(timer, usec);

	if (r < 0)
		return r;
	return sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

void watch_timer_start(sd_event_source *timer, uint64_t usec)
{
	int r = watch_timer_set(timer, usec);

	if (r < 0)
		log_error_errno(r, "Cannot set a timer, the state of the host is out of date");
}

uint64_t watch_timer_rest(uint64_t work_usec, uint64_t least_usec)
{
	uint64_t rest = work_usec * SHARE;

	return rest > least_usec ? rest : least_usec;
}
