/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The D-Bus objects: each file bus-NAME.c of an object defines one. bus.c registers them. */

#include <systemd/sd-bus.h>

struct bus_object {
	const char *path; /* of the object; with @find: the prefix of all objects of this kind */
	const char *interface;
	const sd_bus_vtable *vtable;
	sd_bus_object_find_t find; /* NULL: there is one object, at @path */
	sd_bus_node_enumerator_t enumerate;
};

extern const struct bus_object bus_manager_object, bus_group_object, bus_device_object,
	bus_lease_object;
extern const struct bus_object *const bus_objects[]; /* NULL-terminated */
