/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A call that is answered later: what a reply needs of it, in place of the message. */

#include <stdint.h>
#include <systemd/sd-bus.h>

#include "daemon/refusal.h"

/* Tells whether the caller of @message wants a reply. */
bool bus_call_expects_reply(sd_bus_message *message) _must_check_;

/* Returns the number that a reply must name. */
uint64_t bus_call_cookie(sd_bus_message *message) _must_check_;

/*
 * Replies to the call @cookie of the connection @sender: an error, or a return without values if
 * @refusal is NULL. 0 or more, or negative errno.
 */
int bus_call_reply(sd_bus *connection, const char *sender, uint64_t cookie,
		   const struct refusal *refusal) _must_check_;
