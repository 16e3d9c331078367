/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Sees each message before any handler of the daemon. It ignores signals that another connection
 * has sent in the name of the bus, and holds a call until its user is known.
 */

#include "bus/bus.h"

/* Starts to see the messages of @bus. 0 or negative errno. */
int bus_gate_start(struct bus *bus) _must_check_;
