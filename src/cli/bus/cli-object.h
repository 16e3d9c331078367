/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The objects of the daemon, as JSON: {"path": …, "type": "group", and its properties in
 * kebab-case}. What the daemon adds to its interfaces later is there without a change here.
 */

#include "cli/cli.h"
#include "cli/print/cli-json.h"

enum object_type { OBJECT_MANAGER, OBJECT_GROUP, OBJECT_DEVICE, OBJECT_LEASE, OBJECT_TYPES };

const char *cli_object_type_name(enum object_type type); /* "group" */
/* By path; OBJECT_TYPES for one that is none of ours. */
enum object_type cli_object_type_of_path(const char *path);
/*
 * What is encoded in the last part of @path: a name, a key or an id. Caller frees; NULL out of
 * memory.
 */
char *cli_object_id(const char *path) _must_check_;
char *cli_object_path(enum object_type type, const char *id) _must_check_;

/* All properties of the object at @path. */
int cli_object_get(struct cli *cli, enum object_type type, const char *path,
		   json_object **ret) _must_check_;
/* The same, but 0 and *ret NULL if there is no such object (any more). */
int cli_object_find(struct cli *cli, enum object_type type, const char *path,
		    json_object **ret) _must_check_;
/* GetGroup and its properties. */
int cli_object_get_group(struct cli *cli, const char *name, json_object **ret) _must_check_;

/*
 * The device at @path if it is one that user space can be given: bridges go along with a claim, and
 * nobody opens them. 0 and *ret NULL for these, and if there is no such device (any more).
 */
int cli_object_find_assignable(struct cli *cli, const char *path, json_object **ret) _must_check_;

/* All objects of the daemon: a JSON object from path to object. */
int cli_object_get_all(struct cli *cli, json_object **ret) _must_check_;

/* Reads an a{sv} of properties at the message's place into @object. Negative errno. */
int cli_object_read_properties(sd_bus_message *m, json_object *object) _must_check_;
/* Reads the a{sa{sv}} of one object; *ret is NULL for an object that has none of our interfaces. */
int cli_object_read_interfaces(sd_bus_message *m, const char *path, json_object **ret) _must_check_;
