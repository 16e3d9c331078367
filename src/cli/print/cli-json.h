/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * JSON in devgroupctl. A verb makes one JSON value of its result, and text is a rendering of it.
 * Keys are in kebab-case. Accessors accept NULL and objects without the key.
 */

#include <json-c/json.h>
#include <stdbool.h>

#include "base/macro.h"
#include "cli/cli-options.h"

DEFINE_CLEANUP(json_object *, cli_json_putp, json_object_put)
#define _cleanup_json_ _cleanup_(cli_json_putp)

const char *cli_json_get_str(json_object *object, const char *key); /* "": there is none */
int64_t cli_json_get_int(json_object *object, const char *key, int64_t otherwise);
bool cli_json_get_bool(json_object *object, const char *key);
json_object *cli_json_get_list(json_object *object,
			       const char *key); /* borrowed; NULL: there is none */
size_t cli_json_list_length(json_object *list);
/* Returns the string at the valid index @i of @list; borrowed. */
const char *cli_json_list_str(json_object *list, size_t i);
/* Tells whether @list contains the string @s. */
bool cli_json_list_has(json_object *list, const char *s);
/*
 * Returns the strings or numbers of @list with @separator between them. The caller frees it; NULL
 * when out of memory.
 */
char *cli_json_list_join(json_object *list, const char *separator) _must_check_;

/*
 * Store @value and take it over, also on failure. A NULL @value, @object or @list counts as out of
 * memory. 0 or -ENOMEM.
 */
int cli_json_set(json_object *object, const char *key, json_object *value) _must_check_;
int cli_json_append(json_object *list, json_object *value) _must_check_;
int cli_json_set_str(json_object *object, const char *key, const char *value) _must_check_;

struct json_field {
	const char *key; /* NULL ends a list */
	json_object *value;
};

/* Stores all @fields in the same way. */
int cli_json_set_fields(json_object *object, const struct json_field *fields) _must_check_;
/* Returns a new object of @fields, which are taken over; NULL when out of memory. */
json_object *cli_json_new(const struct json_field *fields) _must_check_;

/*
 * Usage: CLI_JSON_NEW({ "name", json_object_new_string(name) }, …), and CLI_JSON_SET() for an
 * object.
 */
#define CLI_JSON_FIELDS(...) ((const struct json_field[]){ __VA_ARGS__, { NULL, NULL } })
#define CLI_JSON_NEW(...) cli_json_new(CLI_JSON_FIELDS(__VA_ARGS__))
#define CLI_JSON_SET(object, ...) cli_json_set_fields(object, CLI_JSON_FIELDS(__VA_ARGS__))

/* Returns a list of @value alone, which is taken over; NULL when out of memory. */
json_object *cli_json_new_list(json_object *value) _must_check_;

/* Returns "iommu-groups" for "IommuGroups". The caller frees it; NULL when out of memory. */
char *cli_json_to_kebab(const char *name) _must_check_;

/*
 * Prints a JSON text and a line end. Characters that a terminal would act on are escaped: json-c
 * leaves DEL, C1 and marks of direction as they are.
 */
void cli_json_print_text(const char *text);

/* Prints @value and a newline on stdout. CLI_JSON_OFF prints like CLI_JSON_SHORT. */
void cli_json_print(json_object *value, enum cli_json_mode mode);
