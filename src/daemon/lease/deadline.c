/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <time.h>

#include "base/macro.h"
#include "daemon/lease/deadline.h"

/* sd-event refuses a time whose sum with the present time does not fit (sd-event.c). */
#define LONGEST_USEC (366 * 86400 * 1000000ULL)

int deadline_add(sd_event *event, uint64_t usec, sd_event_time_handler_t fn, void *userdata,
		 sd_event_source **ret)
{
	_cleanup_(sd_event_source_disable_unrefp) sd_event_source *source = NULL;
	int r = sd_event_add_time_relative(event, &source, CLOCK_MONOTONIC,
					   usec < LONGEST_USEC ? usec : LONGEST_USEC, 0, fn,
					   userdata);

	if (r < 0)
		return r;
	r = sd_event_source_set_priority(source, SD_EVENT_PRIORITY_NORMAL + 1);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(source);
	return 0;
}
