/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The size of a call: of its arguments and its path. A bus takes messages of 32 MiB and more. */

#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "base/macro.h"

/* No method needs as much: the longest is a Plan beside 256 groups. */
#define BUS_SIZE_MOST 65536
/*
 * No object has a longer path. sd-bus looks for each part of a path from its start on, so the work
 * grows with the square of its length. It drops a message with a path of more than 64 KiB
 * (bus-internal.c: object_path_is_valid()), which gets no answer.
 */
#define BUS_SIZE_MOST_PATH 1024

/* Tells whether the path of a call is longer than BUS_SIZE_MOST_PATH bytes. */
bool bus_size_is_long_path(const char *path) _must_check_;

/*
 * Tells whether the arguments have more than BUS_SIZE_MOST bytes of text or other values, or cannot
 * be read. The message can be read from its start afterwards.
 */
bool bus_size_is_excessive(sd_bus_message *message) _must_check_;
