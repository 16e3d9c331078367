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

DEFINE_CLEANUP(json_object *, js_putp, json_object_put)
#define _cleanup_json_ _cleanup_(js_putp)

const char *js_str(json_object *object, const char *key); /* "" if there is none */
int64_t js_int(json_object *object, const char *key, int64_t otherwise);
bool js_bool(json_object *object, const char *key);
json_object *js_list(json_object *object, const char *key); /* borrowed; NULL if there is none */
size_t js_list_length(json_object *list);
/* Whether @list holds the string @s. */
bool js_list_has(json_object *list, const char *s);
/*
 * The strings or numbers of @list with @separator between. Caller frees; NULL when out of
 * memory.
 */
char *js_list_join(json_object *list, const char *separator) _must_check_;

/* Take @value over, also on failure; a NULL @value is out of memory. 0 or -ENOMEM. */
int js_set(json_object *object, const char *key, json_object *value) _must_check_;
int js_append(json_object *list, json_object *value) _must_check_;
int js_set_str(json_object *object, const char *key, const char *value) _must_check_;

/* "IommuGroups" → "iommu-groups". Caller frees. */
char *js_kebab(const char *name) _must_check_;

/* To stdout, with a newline. JSON_OFF is taken as JSON_SHORT. */
void js_print(json_object *value, enum json_mode mode);
