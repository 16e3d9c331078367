/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

/*
 * Calls @fn once, @usec microseconds from now (CLOCK_MONOTONIC) and after all other news that has
 * come by then: whoever was in time is not late because the daemon was. *ret is the caller's. 0, or
 * what sd_event_add_time() fails with.
 */
int deadline_add(sd_event *event, uint64_t usec, sd_event_time_handler_t fn, void *userdata,
		 sd_event_source **ret);
