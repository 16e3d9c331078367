/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Refusals of the daemon layer as D-Bus errors. */

#include <systemd/sd-bus.h>

#include "daemon/refusal.h"

/* Sets @error from @refusal, and returns its negative errno, as a handler does. */
int bus_error_set_refusal(sd_bus_error *error, const struct refusal *refusal);
int bus_error_reply_refusal(sd_bus_message *message, const struct refusal *refusal);
