/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Inside the configuration language only. "mediated-devices". */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/config/parser.h"
#include "model/device-bus.h"

#define MDEVS_MAX 4096u
#define ATTRIBUTES_MAX 64u
#define VALUE_MAX 1024u
#define TYPE_MAX 128u

static int parse_mdev_parent(struct config_parser *p, const struct jsontext_node *value,
			     void *target)
{
	struct mdev_def *def = target;
	int r = parse_value_is(p, value, JSONTEXT_STRING);

	if (r <= 0)
		return r;
	r = mdev_def_normalize_parent(value->text, &def->parent);
	if (r == -EINVAL)
		return parse_value_expected(p, value,
					    "the address of a PCI function, as 0000:00:02.0, or "
					    "the name of another parent "
					    "in /sys/class/mdev_bus");
	return r;
}

/* It becomes the name of a directory. */
static bool parse_mdev_type_valid(const char *s)
{
	return s[0] != '.' && !s[strcspn(s, "/ \t")];
}

static int parse_mdev_type(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	const char *text;
	int r = parse_value_text(p, value, 1, TYPE_MAX, &text);

	if (r > 0 && !parse_mdev_type_valid(text))
		return parse_value_expected(p, value, "the id of a type, as i915-GVTg_V5_4");
	return r <= 0 ? r : str_set(&((struct mdev_def *)target)->type, text);
}

/* A file in the directory of the device, or one below: "assign_adapter", "nvidia/vgpu_params". */
static bool parse_mdev_attribute_valid(const char *s)
{
	if (s[0] == '/' || !s[0] || s[strcspn(s, "= \t")] || strlen(s) > TYPE_MAX)
		return false;
	for (const char *part = s; part; part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL)
		if (part[0] == '.' || part[0] == '/' || !part[0])
			return false;
	return true;
}

static int parse_mdev_attribute(struct config_parser *p, const struct jsontext_node *member,
				struct mdev_def *def)
{
	_cleanup_free_ char *line = NULL;
	const char *text;
	int r;

	if (!parse_mdev_attribute_valid(member->key))
		return parse_value_error(p, member->key_offset,
					 "\"%.80s\" is no attribute of a device: expected the name "
					 "of a file in its directory "
					 "of sysfs",
					 member->key);
	r = parse_value_text(p, member, 0, VALUE_MAX, &text);
	if (r <= 0)
		return r;
	line = str_printf("%s=%s", member->key, text);
	return line ? strv_add(&def->attributes, line) : -ENOMEM;
}

/* As mdevctl has them: a list, since the order counts, of objects with one name and value each. */
static int parse_mdev_attributes(struct config_parser *p, const struct jsontext_node *value,
				 void *target)
{
	int r = parse_value_is(p, value, JSONTEXT_ARRAY);

	if (r <= 0)
		return r;
	if (value->n > ATTRIBUTES_MAX)
		return parse_value_error(p, value->offset,
					 "\"attributes\": expected %u at most, found %zu",
					 ATTRIBUTES_MAX, value->n);
	JSONTEXT_FOREACH(item, value) {
		r = parse_value_is(p, item, JSONTEXT_OBJECT);
		if (r > 0 && item->n != 1)
			r = parse_value_error(
				p, item->offset,
				"expected an object with one attribute and its value, as "
				"{ \"assign_adapter\": \"5\" }: they are written in the order of "
				"the list");
		else if (r > 0)
			JSONTEXT_FOREACH(member, item)
				r = parse_mdev_attribute(p, member, target);
		if (r < 0)
			return r;
	}
	return 0;
}

/* 1 and the key of the device that @member is named after, 0 with a complaint. */
static int parse_mdev_key(struct config_parser *p, const struct jsontext_node *member, char **ret)
{
	_cleanup_free_ char *written =
		str_printf("%s%s", str_starts(member->key, "mdev:") ? "" : "mdev:", member->key);
	_cleanup_free_ char *key = NULL;
	const struct mdev_def *other;
	int r = written ? device_bus_key_normalize(written, &key) : -ENOMEM;

	if (r == -EINVAL)
		return parse_value_error(
			p, member->key_offset,
			"\"%.80s\" is no name for a mediated device: expected a UUID, as "
			"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001 (uuidgen makes one)",
			member->key);
	if (r < 0)
		return r;
	other = def_set_find_mdev(p->staged, key);
	if (other)
		return parse_value_error(
			p, member->key_offset,
			"%s is declared in this file already, in line %u column %u", key,
			other->line, other->column);
	*ret = TAKE_PTR(key);
	return 1;
}

static int parse_mdev_check_complete(struct config_parser *p, const struct jsontext_node *member)
{
	static const char *const needed[] = { "parent", "type" };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(needed) && member->type == JSONTEXT_OBJECT; i++)
		if (!jsontext_member(member, needed[i]))
			r = parse_value_error(p, member->key_offset, "\"%.80s\" has no \"%s\"",
					      member->key, needed[i]);
	return r;
}

static int parse_mdev(struct config_parser *p, const struct jsontext_node *member)
{
	static const struct config_key keys[] = {
		{ "parent", parse_mdev_parent },
		{ "type", parse_mdev_type },
		{ "attributes", parse_mdev_attributes },
	};
	struct jsontext_position at = jsontext_locate(p->doc, member->key_offset);
	_cleanup_mdev_def_ struct mdev_def *def = NULL;
	_cleanup_free_ char *key = NULL;
	int r = parse_mdev_key(p, member, &key);

	if (r < 0)
		return r;
	def = mdev_def_new(str_or(key, member->key));
	if (!def)
		return -ENOMEM;
	def->line = at.line;
	def->column = at.column;
	r = str_set(&def->file, p->file);
	if (r >= 0)
		r = parse_value_members(p, member, keys, ARRAY_SIZE(keys), def);
	if (r >= 0)
		r = parse_mdev_check_complete(p, member);
	if (r < 0 || !key)
		return r;
	r = def_set_put_mdev(p->staged, def);
	if (r >= 0)
		TAKE_PTR(def);
	return r;
}

int parse_mdevs(struct config_parser *p, const struct jsontext_node *value, void *target)
{
	int r = parse_value_is(p, value, JSONTEXT_OBJECT);

	if (r <= 0)
		return r;
	if (value->n > MDEVS_MAX)
		return parse_value_error(p, value->offset,
					 "\"mediated-devices\": expected %u at most, found %zu",
					 MDEVS_MAX, value->n);
	JSONTEXT_FOREACH(member, value) {
		r = parse_mdev(p, member);
		if (r < 0)
			return r;
	}
	return 0;
}
