/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The part that stand-ins for services of the system have in common: a name on a bus, and a record.
 */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/* A service: its name, its only object, and the directory that it shares with the test. */
struct stub {
	const char *name, *path, *interface;
	const sd_bus_vtable *vtable;
	const char *directory;
	sd_event *event;
};

/* Appends a line to a file of the directory. */
static inline void stub_record(const struct stub *stub, const char *file, const char *text)
{
	char path[PATH_MAX];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", stub->directory, file);
	out = fopen(path, "ae");
	if (!out)
		return;
	fprintf(out, "%s\n", text);
	fclose(out);
}

static inline int stub_connect(struct stub *stub, sd_bus *bus, const char *address)
{
	int r = sd_bus_set_address(bus, address);

	if (r >= 0)
		r = sd_bus_set_bus_client(bus, 1);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r >= 0)
		r = sd_bus_add_object_vtable(bus, NULL, stub->path, stub->interface, stub->vtable,
					     stub);
	if (r >= 0)
		r = sd_bus_request_name(bus, stub->name, 0);
	if (r >= 0)
		r = sd_bus_attach_event(bus, stub->event, 0);
	return r;
}

/* Serves until the event loop ends. Returns an exit status. */
static inline int stub_serve(struct stub *stub, const char *address)
{
	sd_bus *bus = NULL;
	int r = sd_bus_new(&bus);

	if (r >= 0)
		r = stub_connect(stub, bus, address);
	if (r >= 0)
		r = sd_event_loop(stub->event);
	sd_bus_flush_close_unref(bus);
	sd_event_unref(stub->event);
	if (r < 0)
		fprintf(stderr, "%s: %s\n", stub->name, strerror(-r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Reads the arguments ADDRESS and DIR. 0, or an exit status. */
static inline int stub_begin(struct stub *stub, int argc, char *argv[])
{
	if (argc != 3) {
		fprintf(stderr, "usage: %s ADDRESS DIR\n", argv[0]);
		return 2;
	}
	stub->directory = argv[2];
	return sd_event_default(&stub->event) < 0 ? EXIT_FAILURE : 0;
}
