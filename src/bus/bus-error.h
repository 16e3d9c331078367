/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Refusals as D-Bus errors. docs: org.devgroups1(5). */

#include <systemd/sd-bus.h>

#include "daemon/refusal.h"

/* Sets @error. Returns a negative errno, so that a handler can return it. */
int bus_error_set(sd_bus_error *error, enum refusal_kind kind, const char *format, ...)
	_printf_(3, 4);
int bus_error_set_refusal(sd_bus_error *error, const struct refusal *refusal);

/* Replies to @call, whose handler has returned already. 0 or more, or negative errno. */
int bus_error_reply_refusal(sd_bus_message *call, const struct refusal *refusal);
