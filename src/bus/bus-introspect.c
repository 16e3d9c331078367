/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Prints an interface as a client would read it, so that a test can compare dbus/ with it. */

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"
#include "bus/bus-introspect.h"
#include "bus/bus-object.h"
#include "model/dbus-names.h"

static int bus_introspect_start_server(sd_bus *server, int fd)
{
	sd_id128_t id;
	int r;

	r = sd_bus_set_fd(server, fd, fd);
	if (r < 0)
		return r;
	r = sd_id128_randomize(&id);
	if (r < 0)
		return r;
	r = sd_bus_set_server(server, true, id);
	if (r < 0)
		return r;
	r = sd_bus_set_anonymous(server, true);
	if (r < 0)
		return r;
	return sd_bus_start(server);
}

static int bus_introspect_start_client(sd_bus *client, int fd)
{
	int r;

	r = sd_bus_set_fd(client, fd, fd);
	if (r < 0)
		return r;
	r = sd_bus_set_anonymous(client, true);
	if (r < 0)
		return r;
	return sd_bus_start(client);
}

/* Connects both without a bus: they are the two ends of one socket pair, in one process. */
static int bus_introspect_connect(sd_bus *server, sd_bus *client)
{
	int ends[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		return -errno;
	r = bus_introspect_start_server(server, ends[0]);
	if (r < 0)
		return r;
	return bus_introspect_start_client(client, ends[1]);
}

struct introspection {
	const char *interface;
	FILE *out;
	bool done;
	int result;
};

/*
 * Prints the one interface out of @xml, as files in dbus-1/interfaces hold it. The standard ones
 * are left out, because sd-bus describes them differently from version to version.
 */
static int introspection_print(const struct introspection *introspection, const char *xml)
{
	static const char last[] = "</interface>\n";
	_cleanup_free_ char *first =
		str_printf("<interface name=\"%s\">", introspection->interface);
	const char *head = strstr(xml, "<node>"), *start, *end;

	if (!first)
		return -ENOMEM;
	start = strstr(xml, first);
	end = start ? strstr(start, last) : NULL;
	if (!head || !end)
		return -EBADMSG;
	fprintf(introspection->out, "%.*s<node>\n %.*s</node>\n", (int)(head - xml), xml,
		(int)(end - start + (ptrdiff_t)strlen(last)), start);
	return 0;
}

static int introspection_read_reply(const struct introspection *introspection,
				    sd_bus_message *reply)
{
	const char *xml;
	int r;

	if (sd_bus_message_is_method_error(reply, NULL))
		return -sd_bus_message_get_errno(reply);
	r = sd_bus_message_read(reply, "s", &xml);
	if (r < 0)
		return r;
	return introspection_print(introspection, xml);
}

static int on_introspect_reply(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct introspection *introspection = userdata;

	introspection->done = true;
	introspection->result = introspection_read_reply(introspection, reply);
	return 1;
}

/* Dispatches both ends until the client has its answer. Neither waits: all data is in memory. */
static int introspection_run(const struct introspection *introspection, sd_bus *server,
			     sd_bus *client)
{
	int r;

	while (!introspection->done) {
		r = sd_bus_process(server, NULL);
		if (r < 0)
			return r;
		r = sd_bus_process(client, NULL);
		if (r < 0)
			return r;
	}
	return introspection->result;
}

static const struct bus_object *bus_introspect_find(const char *interface)
{
	for (const struct bus_object *const *object = bus_objects; *object; object++)
		if (str_eq((*object)->interface, interface))
			return *object;
	return NULL;
}

int bus_introspect_print(const char *interface, FILE *out)
{
	_cleanup_(sd_bus_close_unrefp) sd_bus *server = NULL, *client = NULL;
	struct introspection introspection = { .interface = interface, .out = out };
	const struct bus_object *object = bus_introspect_find(interface);
	int r;

	if (!object)
		return -ENOENT;
	r = sd_bus_new(&server);
	if (r < 0)
		return r;
	r = sd_bus_new(&client);
	if (r < 0)
		return r;
	r = bus_introspect_connect(server, client);
	if (r < 0)
		return r;
	r = sd_bus_add_object_vtable(server, NULL, DG_OBJECT_PATH, object->interface,
				     object->vtable, NULL);
	if (r < 0)
		return r;
	r = sd_bus_call_method_async(client, NULL, NULL, DG_OBJECT_PATH,
				     "org.freedesktop.DBus.Introspectable", "Introspect",
				     on_introspect_reply, &introspection, NULL);
	if (r < 0)
		return r;
	return introspection_run(&introspection, server, client);
}
