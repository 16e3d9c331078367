/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Measures the turns of the event loop, for developers: what users decide about must not make one
 * long. The longest so far is logged at the level "debug".
 */

#include <systemd/sd-event.h>

/* Starts to measure. The event loop owns the measurement. 0 or negative errno. */
int loop_watch_start(sd_event *event);
