/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/private.h"
#include "bus/bus-peers.h"
#include "bus/bus-reader.h"

static const struct bus *bus_reader_bus;

void bus_reader_set_bus(const struct bus *bus)
{
	bus_reader_bus = bus;
}

static uid_t bus_reader_by_name(const char *name)
{
	const struct bus_peer *peer =
		name && bus_reader_bus ? bus_peers_find_name(bus_reader_bus, name) : NULL;

	return peer ? peer->uid : PRIVATE_NO_READER;
}

uid_t bus_reader_of(sd_bus_message *message)
{
	uint8_t type;

	if (sd_bus_message_get_type(message, &type) < 0 ||
	    (type != SD_BUS_MESSAGE_METHOD_RETURN && type != SD_BUS_MESSAGE_METHOD_ERROR))
		return PRIVATE_NO_READER;
	return bus_reader_by_name(sd_bus_message_get_destination(message));
}

uid_t bus_reader_of_call(sd_bus_message *call)
{
	return bus_reader_by_name(sd_bus_message_get_sender(call));
}

uid_t bus_reader_current(void)
{
	sd_bus_message *call =
		bus_reader_bus ? sd_bus_get_current_message(bus_reader_bus->bus) : NULL;

	if (!call || sd_bus_message_is_method_call(call, NULL, NULL) <= 0)
		return PRIVATE_NO_READER;
	return bus_reader_of_call(call);
}
