/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "base/strv.h"
#include "cli/print/cli-json.h"

static json_object *cli_json_get(json_object *object, const char *key)
{
	json_object *value = NULL;

	if (!json_object_is_type(object, json_type_object))
		return NULL;
	json_object_object_get_ex(object, key, &value);
	return value;
}

const char *cli_json_get_str(json_object *object, const char *key)
{
	json_object *value = cli_json_get(object, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

int64_t cli_json_get_int(json_object *object, const char *key, int64_t otherwise)
{
	json_object *value = cli_json_get(object, key);

	return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : otherwise;
}

bool cli_json_get_bool(json_object *object, const char *key)
{
	return json_object_get_boolean(cli_json_get(object, key));
}

json_object *cli_json_get_list(json_object *object, const char *key)
{
	json_object *value = cli_json_get(object, key);

	return json_object_is_type(value, json_type_array) ? value : NULL;
}

size_t cli_json_list_length(json_object *list)
{
	return list ? json_object_array_length(list) : 0;
}

const char *cli_json_list_str(json_object *list, size_t i)
{
	return json_object_get_string(json_object_array_get_idx(list, i));
}

bool cli_json_list_has(json_object *list, const char *s)
{
	for (size_t i = 0; i < cli_json_list_length(list); i++)
		if (str_eq(cli_json_list_str(list, i), s))
			return true;
	return false;
}

char *cli_json_list_join(json_object *list, const char *separator)
{
	_cleanup_strv_ char **words = NULL;

	for (size_t i = 0; i < cli_json_list_length(list); i++)
		if (strv_add(&words, str_or(cli_json_list_str(list, i), "")) < 0)
			return NULL;
	return strv_join(words, separator);
}

int cli_json_set(json_object *object, const char *key, json_object *value)
{
	if (object && value && json_object_object_add(object, key, value) == 0)
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

int cli_json_append(json_object *list, json_object *value)
{
	if (list && value && json_object_array_add(list, value) == 0)
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

int cli_json_set_str(json_object *object, const char *key, const char *value)
{
	return cli_json_set(object, key, json_object_new_string(value));
}

int cli_json_set_fields(json_object *object, const struct json_field *fields)
{
	int r = 0;

	/* After a failure the other values must still be freed. */
	for (; fields->key; fields++)
		if (cli_json_set(r < 0 ? NULL : object, fields->key, fields->value) < 0)
			r = -ENOMEM;
	return r;
}

json_object *cli_json_new(const struct json_field *fields)
{
	_cleanup_json_ json_object *object = json_object_new_object();

	if (cli_json_set_fields(object, fields) < 0)
		return NULL;
	return TAKE_PTR(object);
}

json_object *cli_json_new_list(json_object *value)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	if (cli_json_append(list, value) < 0)
		return NULL;
	return TAKE_PTR(list);
}

char *cli_json_to_kebab(const char *name)
{
	char *kebab = malloc(2 * strlen(name) + 1), *to = kebab;

	if (!kebab)
		return NULL;
	for (size_t i = 0; name[i]; i++) {
		bool starts_word = isupper((unsigned char)name[i]) && i > 0 &&
				   (!isupper((unsigned char)name[i - 1]) ||
				    islower((unsigned char)name[i + 1]));

		if (starts_word)
			*to++ = '-';
		*to++ = (char)tolower((unsigned char)name[i]);
	}
	*to = '\0';
	return kebab;
}

void cli_json_print_text(const char *text)
{
	_cleanup_free_ char *safe = utf8_escape_json(text);

	puts(str_or(safe, "null"));
}

void cli_json_print(json_object *value, enum cli_json_mode mode)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	flags |= mode == CLI_JSON_PRETTY ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED :
					   JSON_C_TO_STRING_PLAIN;
	cli_json_print_text(str_or(json_object_to_json_string_ext(value, flags), "null"));
}
