/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Timers of watches that look at the host again and again. A look that takes long is repeated less
 * often, so that all of them take no more than a twentieth of the time.
 */

#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/macro.h"

/* A timer that is off, after which @fn is called once. *ret is the caller's. 0 or negative errno.
 */
int watch_timer_new(sd_event *event, sd_event_time_handler_t fn, void *userdata,
		    sd_event_source **ret) _must_check_;
/* Calls its handler once, in @usec microseconds. A failure is logged. */
void watch_timer_start(sd_event_source *timer, uint64_t usec);
/* The microseconds until the next look after one that took @work_usec; never less than @least_usec.
 */
uint64_t watch_timer_rest(uint64_t work_usec, uint64_t least_usec);
