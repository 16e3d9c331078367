/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The parsers of "mediated-devices". docs: devgroups.d(5). */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/config/parser.h"
#include "model/device-bus.h"

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
					    "the name of another parent in /sys/class/mdev_bus");
	return r;
}

/* Accepts the id of a type, which becomes the name of a directory. */
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
	if (r <= 0)
		return r;
	return str_set(&((struct mdev_def *)target)->type, text);
}

/* Accepts a file in the directory of the device, or below: "nvidia/vgpu_params". */
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
				void *target)
{
	struct mdev_def *def = target;
	_cleanup_free_ char *line = NULL;
	const char *text;
	int r;

	if (!parse_mdev_attribute_valid(member->key))
		return parse_value_error(
			p, member->key_offset,
			"\"%.80s\" is not an attribute of a device: expected the name of a "
			"file in its directory of sysfs",
			member->key);
	r = parse_value_text(p, member, 0, VALUE_MAX, &text);
	if (r <= 0)
		return r;
	line = str_printf("%s=%s", member->key, text);
	if (!line)
		return -ENOMEM;
	return strv_add(&def->attributes, line);
}

static int parse_mdev_attribute_element(struct config_parser *p, const struct jsontext_node *item,
					void *target)
{
	int r;

	r = parse_value_is(p, item, JSONTEXT_OBJECT);
	if (r <= 0)
		return r;
	if (item->n != 1)
		return parse_value_error(
			p, item->offset,
			"expected an object with one attribute and its value, as { "
			"\"assign_adapter\": \"5\" }: they are written in the order of the list");
	return parse_mdev_attribute(p, item->first, target);
}

/* Parses a list of objects with one name and value each, as in mdevctl: their order counts. */
static int parse_mdev_attributes(struct config_parser *p, const struct jsontext_node *value,
				 void *target)
{
	return parse_value_each(p, value, JSONTEXT_ARRAY, ATTRIBUTES_MAX,
				parse_mdev_attribute_element, target);
}

/* Normalizes the name of @member to a key. Returns 1, 0 after a problem, or -ENOMEM. */
static int parse_mdev_key(struct config_parser *p, const struct jsontext_node *member, char **ret)
{
	_cleanup_free_ char *written =
		str_printf("%s%s", str_starts(member->key, "mdev:") ? "" : "mdev:", member->key);
	_cleanup_free_ char *key = NULL;
	const struct mdev_def *other;
	int r;

	if (!written)
		return -ENOMEM;
	r = device_bus_key_normalize(written, &key);
	if (r == -EINVAL)
		return parse_value_error(p, member->key_offset,
					 "\"%.80s\" is not a mediated device: expected a UUID, as "
					 "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001 (uuidgen makes one)",
					 member->key);
	if (r < 0)
		return r;
	other = def_set_find_mdev(p->staged, key);
	if (other)
		return parse_value_declared(p, member->key_offset, key, other->line, other->column);
	*ret = TAKE_PTR(key);
	return 1;
}

static int parse_mdev_fill(struct config_parser *p, const struct jsontext_node *member,
			   struct mdev_def *mdev)
{
	static const struct config_key keys[] = {
		{ "parent", parse_mdev_parent },
		{ "type", parse_mdev_type },
		{ "attributes", parse_mdev_attributes },
	};
	static const char *const needed[] = { "parent", "type", NULL };
	int r;

	r = parse_value_origin(p, member->key_offset, &mdev->file, &mdev->line, &mdev->column);
	if (r < 0)
		return r;
	return parse_value_object(p, member, keys, ARRAY_SIZE(keys), needed, mdev);
}

int parse_mdev(struct config_parser *p, const struct jsontext_node *member, void *target)
{
	_cleanup_mdev_def_ struct mdev_def *mdev = NULL;
	_cleanup_free_ char *key = NULL;
	int r;

	r = parse_mdev_key(p, member, &key);
	if (r < 0)
		return r;
	/* a member with a bad name is parsed, too, to report all its problems */
	mdev = mdev_def_new(str_or(key, member->key));
	if (!mdev)
		return -ENOMEM;
	r = parse_mdev_fill(p, member, mdev);
	if (r < 0 || !key)
		return r;
	r = def_set_put_mdev(p->staged, mdev);
	if (r < 0)
		return r;
	TAKE_PTR(mdev);
	return 0;
}
