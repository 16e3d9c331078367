/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One-shot timers of watches that check the host again and again. A check that takes long is
 * repeated less often, so that each watch takes at most a twentieth of the time.
 */

#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/macro.h"

/*
 * Creates a timer that is off and calls @fn when it fires. The caller frees *ret. 0 or negative
 * errno.
 */
int watch_timer_new(sd_event *event, sd_event_time_handler_t fn, void *userdata,
		    sd_event_source **ret) _must_check_;
/* Lets the timer fire once, in @usec microseconds. A failure is logged. */
void watch_timer_start(sd_event_source *timer, uint64_t usec);
/*
 * Returns the microseconds until the next check after one that took @work_usec. Never less than
 * @least_usec.
 */
uint64_t watch_timer_rest(uint64_t work_usec, uint64_t least_usec);
