/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Lets a call wait until the host's use of its devices was read. The call is set aside, and its
 * handler runs again from the start.
 */

#include "bus/bus.h"

/*
 * Returns 1 if the usage is recent, or was read for this call. 0: the call is set aside, and the
 * handler returns 1. Negative errno with @error set: it cannot be read, or too many calls wait.
 */
int bus_usage_await(struct bus *bus, sd_bus_message *call, uid_t uid,
		    sd_bus_error *error) _must_check_;

/* Tells whether @call was set aside and is handled again now. */
bool bus_usage_has_answer(const struct bus *bus, const sd_bus_message *call) _must_check_;

/* Drops all calls that wait: the connection is closed. */
void bus_usage_forget_all(struct bus *bus);
