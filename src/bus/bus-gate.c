/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>

#include "base/log.h"
#include "base/str.h"
#include "bus/bus-error.h"
#include "bus/bus-gate.h"
#include "bus/bus-peers.h"
#include "bus/bus-polkit.h"

/*
 * Tells whether another connection has sent a signal in the name of the bus. The bus delivers a
 * signal that is addressed to the daemon whatever its matches are. sd-bus compares the sender of a
 * match only where it is a unique name (bus-match.c: value_node_test()).
 */
static bool bus_gate_is_forged(sd_bus_message *message)
{
	static const char *const interfaces[] = { "org.freedesktop.DBus",
						  "org.freedesktop.DBus.Local" };

	for (size_t i = 0; i < ARRAY_SIZE(interfaces); i++)
		if (str_eq(sd_bus_message_get_interface(message), interfaces[i]))
			return !str_eq(sd_bus_message_get_sender(message), interfaces[i]);
	return false;
}

/* Returns 1 to stop the signal. */
static int bus_gate_on_signal(sd_bus_message *message)
{
	if (!bus_gate_is_forged(message))
		return 0;
	log_debug("%s has sent a signal in the name of the bus, which is ignored",
		  str_or(sd_bus_message_get_sender(message), "?"));
	return 1;
}

/* Returns 1 to stop the call, 0, or negative errno, which sd-bus sends to the caller. */
static int bus_gate_on_call(struct bus *bus, sd_bus_message *call, sd_bus_error *error)
{
	struct bus_peer *peer;
	int r;

	if (bus_polkit_has_answer(bus, call)) /* a call that has passed before */
		return 0;
	r = bus_peers_identify(bus, call, &peer);
	if (r == -EBUSY)
		return bus_error_set(error, REFUSED_LIMIT,
				     "Too many calls of this user arrived at once. Try again.");
	return r == 0 ? 1 : r < 0 ? r : 0;
}

static int on_gate_message(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	if (sd_bus_message_is_signal(message, NULL, NULL) > 0)
		return bus_gate_on_signal(message);
	if (sd_bus_message_is_method_call(message, NULL, NULL) > 0)
		return bus_gate_on_call(userdata, message, error);
	return 0;
}

int bus_gate_start(struct bus *bus)
{
	return sd_bus_add_filter(bus->bus, NULL, on_gate_message, bus);
}
