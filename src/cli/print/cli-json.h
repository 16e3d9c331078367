/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * JSON in devgroupctl. A verb makes one JSON value of what it has to tell; text is a rendering
 * of it. Keys are in kebab-case. Accessors take NULL and objects without the key.
 */

#include <json-c/json.h>
#include <stdbool.h>

#include "base/macro.h"
#include "cli/cli-options.h"

DEFINE_CLEANUP(json_object *, cli_json_putp, json_object_put)
#define _cleanup_json_ _cleanup_(cli_json_putp)

const char *cli_json_get_str(json_object *object, const char *key); /* "" if there is none */
int64_t cli_json_get_int(json_object *object, const char *key, int64_t otherwise);
bool cli_json_get_bool(json_object *object, const char *key);
json_object *cli_json_get_list(json_object *object,
			       const char *key); /* borrowed; NULL if there is none */
size_t cli_json_list_length(json_object *list);
/* The string at @i of @list, which has more than @i elements; borrowed. */
const char *cli_json_list_str(json_object *list, size_t i);
/* Whether @list holds the string @s. */
bool cli_json_list_has(json_object *list, const char *s);
/*
 * The strings or numbers of @list with @separator between. Caller frees; NULL when out of
 * memory.
 */
char *cli_json_list_join(json_object *list, const char *separator) _must_check_;

/*
 * Take @value over, also on failure. A NULL @value, @object or @list is out of memory. 0 or
 * -ENOMEM.
 */
int cli_json_set(json_object *object, const char *key, json_object *value) _must_check_;
int cli_json_append(json_object *list, json_object *value) _must_check_;
int cli_json_set_str(json_object *object, const char *key, const char *value) _must_check_;

struct json_field {
	const char *key; /* NULL ends a list */
	json_object *value;
};

/* The same for each of @fields. */
int cli_json_set_fields(json_object *object, const struct json_field *fields) _must_check_;
/* Returns a new object of @fields, which are taken over; NULL when out of memory. */
json_object *cli_json_new(const struct json_field *fields) _must_check_;

/* CLI_JSON_NEW({ "name", json_object_new_string(name) }, …), and the same for an object. */
#define CLI_JSON_FIELDS(...) ((const struct json_field[]){ __VA_ARGS__, { NULL, NULL } })
#define CLI_JSON_NEW(...) cli_json_new(CLI_JSON_FIELDS(__VA_ARGS__))
#define CLI_JSON_SET(object, ...) cli_json_set_fields(object, CLI_JSON_FIELDS(__VA_ARGS__))

/* Returns a list of @value alone, which is taken over; NULL when out of memory. */
json_object *cli_json_new_list(json_object *value) _must_check_;

/* "IommuGroups" → "iommu-groups". Caller frees. */
char *cli_json_to_kebab(const char *name) _must_check_;

/* To stdout, with a newline. CLI_JSON_OFF is taken as CLI_JSON_SHORT. */
void cli_json_print(json_object *value, enum cli_json_mode mode);
