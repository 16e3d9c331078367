/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Sees each message before any handler of the daemon. It ignores signals that another connection
 * has sent in the name of the bus. It holds a call until its user is known, and refuses a call
 * beyond the share of its user.
 */

#include "bus/bus.h"

struct bus_gate;

/*
 * Starts to see the messages of @bus, which keeps its budget longer. The caller frees *ret. 0 or
 * negative errno.
 */
int bus_gate_new(struct bus *bus, struct bus_gate **ret) _must_check_;
struct bus_gate *bus_gate_free(struct bus_gate *gate);
