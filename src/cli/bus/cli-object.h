/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The objects of the daemon as JSON: {"path": …, "type": "group", …} with its properties in
 * kebab-case. Properties that a later daemon adds appear without a change here.
 */

#include "cli/cli.h"
#include "cli/print/cli-json.h"

enum object_type { OBJECT_MANAGER, OBJECT_GROUP, OBJECT_DEVICE, OBJECT_LEASE, OBJECT_TYPES };

const char *cli_object_type_name(enum object_type type); /* "group" */
/* Returns the type of the object at @path; OBJECT_TYPES for a path of another program. */
enum object_type cli_object_type_of_path(const char *path);
/*
 * Returns what the last part of @path encodes: a name, a key or an id. The caller frees it; NULL
 * when out of memory.
 */
char *cli_object_id(const char *path) _must_check_;
char *cli_object_path(enum object_type type, const char *id) _must_check_;

/*
 * Gets all properties of the object at @path. 0 or an exit status: a missing object is
 * EXIT_NO_SUCH.
 */
int cli_object_get(struct cli *cli, enum object_type type, const char *path,
		   json_object **ret) _must_check_;
/* Gets them in the same way, but returns 0 with *ret NULL if the object does not exist. */
int cli_object_find(struct cli *cli, enum object_type type, const char *path,
		    json_object **ret) _must_check_;
/* Gets the group @name with all properties. 0 or an exit status. */
int cli_object_get_group(struct cli *cli, const char *name, json_object **ret) _must_check_;

/*
 * Gets the device at @path if user space can open it. Returns 0 with *ret NULL for a bridge, which
 * is claimed with its group but never opened, and for a device that no longer exists.
 */
int cli_object_find_assignable(struct cli *cli, const char *path, json_object **ret) _must_check_;

/* Gets all objects of the daemon: a JSON object from path to object. 0 or an exit status. */
int cli_object_get_all(struct cli *cli, json_object **ret) _must_check_;

/* Reads an a{sv} of properties at the position of @m into @object. 0 or negative errno. */
int cli_object_read_properties(sd_bus_message *m, json_object *object) _must_check_;
/*
 * Reads the a{sa{sv}} of one object. *ret is NULL for an object without an interface of ours. 0 or
 * negative errno.
 */
int cli_object_read_interfaces(sd_bus_message *m, const char *path, json_object **ret) _must_check_;
