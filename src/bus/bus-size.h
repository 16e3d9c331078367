/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The size of a call's arguments. A bus takes messages of 32 MiB and more. */

#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "base/macro.h"

/* No method needs as much: the longest is a Plan beside 256 groups. */
#define BUS_SIZE_MOST 65536

/*
 * Tells whether the arguments have more than BUS_SIZE_MOST bytes of text or other values, or cannot
 * be read. The message can be read from its start afterwards.
 */
bool bus_size_is_excessive(sd_bus_message *message) _must_check_;
