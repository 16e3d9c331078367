/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writes structs as JSON, with json-c. */

#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "base/strv.h"
#include "base/utf8.h"
#include "model/json/codec-fields.h"

void codec_write_freep(struct json_object **object)
{
	json_object_put(*object);
}

int codec_write_value(struct json_object *object, const char *key, struct json_object *value)
{
	if (!value)
		return -ENOMEM;
	if (json_object_object_add(object, key, value) < 0) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

int codec_write_element(struct json_object *array, struct json_object *value)
{
	if (!value)
		return -ENOMEM;
	if (json_object_array_add(array, value) < 0) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

int codec_write_new_member(struct json_object *object, const char *key, struct json_object **ret)
{
	struct json_object *member = json_object_new_object();
	int r;

	r = codec_write_value(object, key, member);
	if (r < 0)
		return r;
	*ret = member;
	return 0;
}

int codec_write_new_element(struct json_object *array, struct json_object **ret)
{
	struct json_object *element = json_object_new_object();
	int r;

	r = codec_write_element(array, element);
	if (r < 0)
		return r;
	*ret = element;
	return 0;
}

int codec_write_bool(struct json_object *object, const char *key, bool value)
{
	return codec_write_value(object, key, json_object_new_boolean(value));
}

int codec_write_uint(struct json_object *object, const char *key, uint64_t value)
{
	return codec_write_value(object, key, json_object_new_uint64(value));
}

/* The kernel allows any byte in a name, and a file must stay readable. */
struct json_object *codec_write_utf8(const char *value)
{
	_cleanup_free_ char *copy = NULL;
	size_t size = strlen(value);

	for (size_t at = 0; at < size && !copy;) {
		size_t n = utf8_bus_length(value + at, size - at);

		if (n == 0) {
			copy = utf8_mend(value);
			if (!copy)
				return NULL;
		}
		at += n;
	}
	return json_object_new_string(copy ? copy : value);
}

int codec_write_string(struct json_object *object, const char *key, const char *value)
{
	return codec_write_value(object, key, codec_write_utf8(value));
}

int codec_write_strv(struct json_object *object, const char *key, char *const *list)
{
	_cleanup_json_ struct json_object *array = json_object_new_array();
	int r;

	if (!array)
		return -ENOMEM;
	STRV_FOREACH(item, list) {
		r = codec_write_element(array, codec_write_utf8(*item));
		if (r < 0)
			return r;
	}
	return codec_write_value(object, key, TAKE_PTR(array));
}

static int codec_write_hex(struct json_object *object, const char *key, uint64_t value, int digits)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "%0*llx", digits, (unsigned long long)value);
	return codec_write_string(object, key, buf);
}

static int codec_write_number(struct json_object *object, const struct codec_field *field,
			      uint64_t value)
{
	if (value == 0 && !(field->flags & CODEC_SHOW))
		return 0;
	switch (field->kind) {
	case CODEC_BOOL:
		return codec_write_bool(object, field->key, value != 0);
	case CODEC_HEX8:
		return codec_write_hex(object, field->key, value, 2);
	case CODEC_HEX16:
		return codec_write_hex(object, field->key, value, 4);
	case CODEC_HEX24:
		return codec_write_hex(object, field->key, value, 6);
	default:
		return codec_write_uint(object, field->key, value);
	}
}

/* Writes null. codec_write_value() cannot do that: it takes NULL as out of memory. */
static int codec_write_unknown(struct json_object *object, const struct codec_field *field)
{
	if (!(field->flags & CODEC_SHOW))
		return 0;
	return json_object_object_add(object, field->key, NULL) < 0 ? -ENOMEM : 0;
}

static int codec_write_int(struct json_object *object, const struct codec_field *field, int value)
{
	if (value < 0)
		return codec_write_unknown(object, field);
	return codec_write_value(object, field->key, json_object_new_int(value));
}

static int codec_write_field(struct json_object *object, const struct codec_field *field,
			     const void *at)
{
	switch (field->kind) {
	case CODEC_STRING:
		if (!*(char *const *)at)
			return codec_write_unknown(object, field);
		return codec_write_string(object, field->key, *(char *const *)at);
	case CODEC_STRV:
		if (strv_length(*(char **const *)at) == 0 && !(field->flags & CODEC_SHOW))
			return 0;
		return codec_write_strv(object, field->key, *(char **const *)at);
	case CODEC_INT:
		return codec_write_int(object, field, *(const int *)at);
	case CODEC_BOOL:
		return codec_write_number(object, field, *(const bool *)at);
	case CODEC_U8:
	case CODEC_HEX8:
		return codec_write_number(object, field, *(const uint8_t *)at);
	case CODEC_HEX16:
		return codec_write_number(object, field, *(const uint16_t *)at);
	case CODEC_HEX24:
		return codec_write_number(object, field, *(const uint32_t *)at);
	case CODEC_UINT:
		return codec_write_number(object, field, *(const unsigned *)at);
	case CODEC_ULONG:
		return codec_write_number(object, field, *(const unsigned long *)at);
	case CODEC_U64:
		return codec_write_number(object, field, *(const uint64_t *)at);
	}
	return -EINVAL;
}

int codec_write_fields(struct json_object *object, const struct codec_field *fields, size_t n,
		       const void *from)
{
	int r;

	for (size_t i = 0; i < n; i++) {
		r = codec_write_field(object, &fields[i], (const char *)from + fields[i].offset);
		if (r < 0)
			return r;
	}
	return 0;
}

int codec_write_structs(struct json_object *object, const char *key,
			const struct codec_field *fields, size_t n, const struct vec *items)
{
	_cleanup_json_ struct json_object *array = json_object_new_array();
	struct json_object *element;
	int r;

	if (!array)
		return -ENOMEM;
	VEC_FOREACH(const void, item, items) {
		r = codec_write_new_element(array, &element);
		if (r < 0)
			return r;
		r = codec_write_fields(element, fields, n, item);
		if (r < 0)
			return r;
	}
	return codec_write_value(object, key, TAKE_PTR(array));
}

int codec_write_document(struct json_object *object, bool pretty, char **ret)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *text;

	if (pretty)
		flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	text = json_object_to_json_string_ext(object, flags);
	if (!text)
		return -ENOMEM;
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}
