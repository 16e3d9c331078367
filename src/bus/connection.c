/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Opens and re-opens the connection to the system bus. It knows no object. */

#include <errno.h>

#include "base/log.h"
#include "bus/bus.h"
#include "bus/connection.h"
#include "model/dbus-names.h"

#define RETRY_USEC (500000ULL) /* between two attempts */

struct connection {
	sd_event *event;
	struct manager *manager;
	const char *address; /* not owned; NULL: that of the system bus */
	sd_bus *bus;
	struct bus *objects;
	sd_event_source *retry;
};

static void connection_close(struct connection *connection)
{
	connection->objects = bus_free(connection->objects);
	if (connection->bus)
		sd_bus_detach_event(connection->bus);
	connection->bus = sd_bus_flush_close_unref(connection->bus);
}

static int connection_open(struct connection *connection);

static int on_connection_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct connection *connection = userdata;

	connection_close(connection);
	if (connection_open(connection) >= 0) {
		log_notice("The system bus is back");
		return 0;
	}
	connection_close(connection);
	(void)sd_event_source_set_time_relative(source, RETRY_USEC);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* sd-bus, which calls this, still uses the connection: the timer closes it later. */
static int on_bus_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct connection *connection = userdata;

	log_warning("The system bus is gone: leases stay, and the daemon waits for the bus");
	(void)sd_event_source_set_time_relative(connection->retry, 0);
	return sd_event_source_set_enabled(connection->retry, SD_EVENT_ONESHOT);
}

static int connection_open_address(const char *address, sd_bus **ret)
{
	_cleanup_(sd_bus_unrefp) sd_bus *bus = NULL;
	int r;

	r = sd_bus_new(&bus);
	if (r < 0)
		return r;
	r = sd_bus_set_description(bus, "devgroupd");
	if (r < 0)
		return r;
	r = sd_bus_set_address(bus, address);
	if (r < 0)
		return r;
	r = sd_bus_set_bus_client(bus, true);
	if (r < 0)
		return r;
	r = sd_bus_start(bus);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(bus);
	return 0;
}

static int connection_open(struct connection *connection)
{
	int r;

	if (connection->address)
		r = connection_open_address(connection->address, &connection->bus);
	else
		r = sd_bus_open_system_with_description(&connection->bus, "devgroupd");
	if (r < 0)
		return r;
	/*
	 * sd-bus gives up a connection whose bus takes longer than this to answer a match. The
	 * delay is the daemon's own, when many claims come at once on a slow machine: the answer
	 * has arrived by then, but the daemon has not read it yet.
	 */
	r = sd_bus_set_method_call_timeout(connection->bus, UINT64_MAX);
	if (r < 0)
		return r;
	r = sd_bus_attach_event(connection->bus, connection->event, 0);
	if (r < 0)
		return r;
	r = sd_bus_match_signal(connection->bus, NULL, "org.freedesktop.DBus.Local", NULL,
				"org.freedesktop.DBus.Local", "Disconnected", on_bus_disconnected,
				connection);
	if (r < 0)
		return r;
	r = bus_new(connection->bus, connection->manager, &connection->objects);
	if (r < 0)
		return r;
	return sd_bus_request_name(connection->bus, DG_BUS_NAME, 0);
}

/* Adds the timer that opens the connection again. It is off while there is a connection. */
static int connection_add_retry(struct connection *connection)
{
	int r;

	r = sd_event_add_time_relative(connection->event, &connection->retry, CLOCK_MONOTONIC, 0, 0,
				       on_connection_retry, connection);
	if (r < 0)
		return r;
	return sd_event_source_set_enabled(connection->retry, SD_EVENT_OFF);
}

int connection_new(sd_event *event, struct manager *manager, const char *address,
		   struct connection **ret)
{
	_cleanup_(connection_freep) struct connection *connection = calloc(1, sizeof(*connection));
	int r;

	if (!connection)
		return log_error_errno(-ENOMEM, "Cannot connect to the system bus");
	connection->event = sd_event_ref(event);
	connection->manager = manager;
	connection->address = address;
	r = connection_add_retry(connection);
	if (r < 0)
		return log_error_errno(r, "Cannot serve %s on the system bus", DG_BUS_NAME);
	r = connection_open(connection);
	if (r < 0)
		return log_error_errno(r, "Cannot serve %s on the system bus", DG_BUS_NAME);
	*ret = TAKE_PTR(connection);
	return 0;
}

struct connection *connection_free(struct connection *connection)
{
	if (!connection)
		return NULL;
	connection_close(connection);
	sd_event_source_disable_unref(connection->retry);
	sd_event_unref(connection->event);
	free(connection);
	return NULL;
}
