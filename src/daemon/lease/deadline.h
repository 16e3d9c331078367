/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

/*
 * Calls @fn once, @usec microseconds from now (CLOCK_MONOTONIC). Its priority is below that of I/O:
 * a result that arrived before the deadline is handled first. More than a year counts as a year.
 * The caller frees *ret. 0 or negative errno.
 */
int deadline_add(sd_event *event, uint64_t usec, sd_event_time_handler_t fn, void *userdata,
		 sd_event_source **ret);
