/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Prints an interface as a client would be told it, so that dbus/ can be compared with it. */

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"
#include "bus/bus-introspect.h"
#include "bus/bus-object.h"
#include "model/dbus-names.h"

/* Two ends of one connection in one process: what a client on the bus would be told, without a bus.
 */
static int bus_introspect_connect(sd_bus *server, sd_bus *client)
{
	sd_id128_t id;
	int ends[2], r;

	r = sd_id128_randomize(&id);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		return -errno;
	if ((r = sd_bus_set_fd(server, ends[0], ends[0])) < 0 ||
	    (r = sd_bus_set_server(server, true, id)) < 0 ||
	    (r = sd_bus_set_anonymous(server, true)) < 0 || (r = sd_bus_start(server)) < 0 ||
	    (r = sd_bus_set_fd(client, ends[1], ends[1])) < 0 ||
	    (r = sd_bus_set_anonymous(client, true)) < 0)
		return r;
	return sd_bus_start(client);
}

struct introspection {
	const char *interface;
	FILE *out;
	bool done;
	int result;
};

/*
 * An interface of its own, as files in dbus-1/interfaces hold it: what sd-bus says of the standard
 * ones differs from version to version.
 */
static int bus_introspect_print_interface(const struct introspection *introspection,
					  const char *xml)
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

static int on_introspect_reply(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct introspection *introspection = userdata;
	const char *xml;

	introspection->done = true;
	introspection->result = sd_bus_message_is_method_error(reply, NULL) ?
					-sd_bus_message_get_errno(reply) :
					sd_bus_message_read(reply, "s", &xml);
	if (introspection->result >= 0)
		introspection->result = bus_introspect_print_interface(introspection, xml);
	return 1;
}

/* Lets both ends work until the client has its answer. Neither ever waits: both are here. */
static int bus_introspect_run(sd_bus *server, sd_bus *client,
			      const struct introspection *introspection)
{
	while (!introspection->done) {
		int r = sd_bus_process(server, NULL);

		if (r >= 0)
			r = sd_bus_process(client, NULL);
		if (r < 0)
			return r;
	}
	return introspection->result;
}

int bus_introspect_print(const char *interface, FILE *out)
{
	_cleanup_(sd_bus_close_unrefp) sd_bus *server = NULL, *client = NULL;
	struct introspection introspection = { .interface = interface, .out = out };
	const struct bus_object *object = NULL;
	int r;

	for (const struct bus_object *const *at = bus_objects; *at; at++)
		if (str_eq((*at)->interface, interface))
			object = *at;
	if (!object)
		return -ENOENT;
	if ((r = sd_bus_new(&server)) < 0 || (r = sd_bus_new(&client)) < 0 ||
	    (r = bus_introspect_connect(server, client)) < 0)
		return r;
	r = sd_bus_add_object_vtable(server, NULL, DG_OBJECT_PATH, object->interface,
				     object->vtable, NULL);
	if (r < 0)
		return r;
	r = sd_bus_call_method_async(client, NULL, NULL, DG_OBJECT_PATH,
				     "org.freedesktop.DBus.Introspectable", "Introspect",
				     on_introspect_reply, &introspection, NULL);
	return r < 0 ? r : bus_introspect_run(server, client, &introspection);
}
