/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The D-Bus objects: each file bus-NAME.c of an object defines one, and bus.c registers them. What
 * sd-bus hands to a handler or getter is the daemon layer's own struct, found by the object's path.
 */

#include <systemd/sd-bus.h>

#include "base/vec.h"
#include "bus/bus-text.h"

struct bus;

struct bus_object {
	const char *path; /* of the object; with @find: the prefix of all objects of this kind */
	const char *interface;
	const sd_bus_vtable *vtable;
	sd_bus_object_find_t find; /* NULL: there is one object, at @path */
	sd_bus_node_enumerator_t enumerate;
};

extern const struct bus_object bus_manager_object, bus_group_object, bus_device_object,
	bus_lease_object;
extern const struct bus_object *const bus_objects[]; /* NULL-terminated; bus.c */

/*
 * Returns the struct bus that the called object was registered with. Only for handlers and getters,
 * and only before they send a signal: that makes sd-bus forget which slot it is calling.
 */
struct bus *bus_object_bus(sd_bus *connection);

/* Sets *ret to the path of @item; leaves it NULL if @item has no object. 0 or negative errno. */
typedef int (*bus_object_path_fn)(const void *item, char **ret);

/* Lists the paths of all @items for an enumerator. The caller frees *ret. 0 or negative errno. */
int bus_object_list(const struct vec *items, bus_object_path_fn path, char ***ret) _must_check_;

/*
 * Defines the getter of one property as one call. @declaration names the object that the getter is
 * called for; @call appends the value to "reply", and may use the other parameters.
 */
#define BUS_DEFINE_CALL_GETTER(name, declaration, call)                              \
	static int name(sd_bus *connection, const char *path, const char *interface, \
			const char *property, sd_bus_message *reply, void *userdata, \
			sd_bus_error *error)                                         \
	{                                                                            \
		const declaration = userdata;                                        \
                                                                                     \
		return call;                                                         \
	}

/* Defines the getter of one value. A NULL string is sent as an empty one. */
#define BUS_DEFINE_GETTER(name, declaration, signature, value) \
	BUS_DEFINE_CALL_GETTER(name, declaration, bus_text_append(reply, signature, value))
