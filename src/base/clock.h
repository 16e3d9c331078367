/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What time it is. */

#include <stdint.h>
#include <time.h>

/* Microseconds, by CLOCK_MONOTONIC or CLOCK_REALTIME. */
uint64_t clock_usec(clockid_t id);
