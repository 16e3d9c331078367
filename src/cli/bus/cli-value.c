/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "cli/bus/cli-bus.h"
#include "cli/bus/cli-value.h"

/* The names that JSON gives to the fields of a structure. On the bus they have positions only. */
static const struct {
	const char *property;
	const char *fields[6];
} value_structures[] = {
	{ "blockers", { "code", "device", "text" } },
	{ "problems", { "file", "line", "text" } },
	{ "problem-details", { "file", "line", "column", "severity", "text" } },
	{ "defined-at", { "file", "line", "column" } },
	{ "isolation", { "cause", "device", "text" } },
	{ "reserved-regions", { "start", "end", "type" } },
	{ "mdev-types", { "id", "name", "description", "available-instances", "device-api" } },
};

static const char *const *cli_value_find_fields(const char *property)
{
	for (size_t i = 0; i < ARRAY_SIZE(value_structures); i++)
		if (str_eq(property, value_structures[i].property))
			return value_structures[i].fields;
	return NULL;
}

static int cli_value_wrap(json_object *value, json_object **ret)
{
	if (!value)
		return -ENOMEM;
	*ret = value;
	return 0;
}

static int cli_value_read_basic(sd_bus_message *m, char type, json_object **ret)
{
	union {
		const char *s;
		int b, h;
		uint8_t y;
		int16_t n;
		uint16_t q;
		int32_t i;
		uint32_t u;
		int64_t x;
		uint64_t t;
		double d;
	} value;
	int r = sd_bus_message_read_basic(m, type, &value);

	if (r < 0)
		return r;
	switch (type) {
	case 'b':
		return cli_value_wrap(json_object_new_boolean(value.b), ret);
	case 'y':
		return cli_value_wrap(json_object_new_int(value.y), ret);
	case 'n':
		return cli_value_wrap(json_object_new_int(value.n), ret);
	case 'q':
		return cli_value_wrap(json_object_new_int(value.q), ret);
	case 'i':
		return cli_value_wrap(json_object_new_int(value.i), ret);
	case 'u':
		return cli_value_wrap(json_object_new_int64(value.u), ret);
	case 'x':
		return cli_value_wrap(json_object_new_int64(value.x), ret);
	case 't':
		return cli_value_wrap(json_object_new_uint64(value.t), ret);
	case 'd':
		return cli_value_wrap(json_object_new_double(value.d), ret);
	case 'h':
		return cli_value_wrap(json_object_new_int(value.h), ret);
	default:
		return cli_value_wrap(json_object_new_string(value.s), ret);
	}
}

/* The list that is read; @name as in cli_value_read(). */
struct list_reader {
	const char *name;
	json_object *list;
};

/* The dictionary that is read, and the signature of its entries without braces: "sv". */
struct dict_reader {
	const char *types;
	json_object *dict;
};

static int cli_value_read_item(sd_bus_message *m, void *userdata)
{
	const struct list_reader *reader = userdata;
	json_object *item;
	int r;

	r = cli_value_read(m, reader->name, &item);
	if (r < 0)
		return r;
	return cli_json_append(reader->list, item);
}

static int cli_value_read_list(sd_bus_message *m, const char *contents, const char *name,
			       json_object **ret)
{
	_cleanup_json_ json_object *list = json_object_new_array();
	struct list_reader reader = { .name = name, .list = list };
	int r;

	if (!list)
		return -ENOMEM;
	r = cli_bus_read_array(m, contents, cli_value_read_item, &reader);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(list);
	return 0;
}

static int cli_value_read_entry(sd_bus_message *m, void *userdata)
{
	const struct dict_reader *reader = userdata;
	_cleanup_json_ json_object *key = NULL;
	json_object *item;
	int r;

	r = sd_bus_message_enter_container(m, 'e', reader->types);
	if (r < 0)
		return r;
	r = cli_value_read(m, NULL, &key);
	if (r < 0)
		return r;
	r = cli_value_read(m, NULL, &item);
	if (r < 0)
		return r;
	r = cli_json_set(reader->dict, json_object_get_string(key), item);
	if (r < 0)
		return r;
	return sd_bus_message_exit_container(m);
}

/* Reads a dictionary. @contents is the signature of the array's elements: "{sv}". */
static int cli_value_read_dict(sd_bus_message *m, const char *contents, json_object **ret)
{
	_cleanup_json_ json_object *dict = json_object_new_object();
	_cleanup_free_ char *types = strndup(contents + 1, strlen(contents) - 2);
	struct dict_reader reader = { .types = types, .dict = dict };
	int r;

	if (!dict || !types)
		return -ENOMEM;
	r = cli_bus_read_array(m, contents, cli_value_read_entry, &reader);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(dict);
	return 0;
}

static int cli_value_read_field(sd_bus_message *m, json_object *into, const char *field)
{
	json_object *value;
	int r = cli_value_read(m, NULL, &value);

	if (r < 0)
		return r;
	if (!field)
		return cli_json_append(into, value);
	return cli_json_set(into, field, value);
}

/*
 * Reads the fields of a structure into the object @into, by the names @fields. Without @fields,
 * @into is an array. Fields beyond the last name are skipped.
 */
static int cli_value_read_fields(sd_bus_message *m, const char *const *fields, json_object *into)
{
	int r;

	while ((r = sd_bus_message_at_end(m, false)) == 0) {
		if (fields && !*fields)
			r = sd_bus_message_skip(m, NULL);
		else
			r = cli_value_read_field(m, into, fields ? *fields++ : NULL);
		if (r < 0)
			return r;
	}
	return r;
}

/* Reads a structure: an object if its fields have names, else an array. */
static int cli_value_read_struct(sd_bus_message *m, const char *contents, const char *name,
				 json_object **ret)
{
	const char *const *fields = cli_value_find_fields(name);
	_cleanup_json_ json_object *into =
		fields ? json_object_new_object() : json_object_new_array();
	int r;

	if (!into)
		return -ENOMEM;
	r = sd_bus_message_enter_container(m, 'r', contents);
	if (r < 0)
		return r;
	r = cli_value_read_fields(m, fields, into);
	if (r < 0)
		return r;
	r = sd_bus_message_exit_container(m);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(into);
	return 0;
}

static int cli_value_read_variant(sd_bus_message *m, const char *contents, const char *name,
				  json_object **ret)
{
	_cleanup_json_ json_object *value = NULL;
	int r;

	r = sd_bus_message_enter_container(m, 'v', contents);
	if (r < 0)
		return r;
	r = cli_value_read(m, name, &value);
	if (r < 0)
		return r;
	r = sd_bus_message_exit_container(m);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(value);
	return 0;
}

int cli_value_read(sd_bus_message *m, const char *name, json_object **ret)
{
	const char *contents;
	char type;
	int r = sd_bus_message_peek_type(m, &type, &contents);

	if (r < 0)
		return r;
	if (r == 0)
		return -ENXIO;
	switch (type) {
	case 'a':
		if (contents[0] == '{')
			return cli_value_read_dict(m, contents, ret);
		return cli_value_read_list(m, contents, name, ret);
	case 'r':
		return cli_value_read_struct(m, contents, name, ret);
	case 'v':
		return cli_value_read_variant(m, contents, name, ret);
	default:
		return cli_value_read_basic(m, type, ret);
	}
}
