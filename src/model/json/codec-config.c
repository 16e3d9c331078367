/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Writes definitions as the files of devgroups.d have them. Keys with their default value are left
 * out, so that a rewritten file is about as long as the original.
 */

#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/config/def-set.h"
#include "model/device-bus.h"
#include "model/json/codec-fields.h"
#include "model/json/codec.h"

static const struct codec_field codec_config_selector_fields[] = {
	{ "address", CODEC_STRING, offsetof(struct selector, address) },
	{ "path", CODEC_STRING, offsetof(struct selector, path) },
	{ "vf-of", CODEC_STRING, offsetof(struct selector, vf_of) },
	{ "index", CODEC_INT, offsetof(struct selector, index) },
	{ "bus", CODEC_STRING, offsetof(struct selector, bus) },
	{ "serial", CODEC_STRING, offsetof(struct selector, serial) },
	{ "nth", CODEC_INT, offsetof(struct selector, nth) },
};

static const struct codec_field codec_config_group_fields[] = {
	{ "description", CODEC_STRING, offsetof(struct group_def, description) },
	{ "reserved-for", CODEC_STRING, offsetof(struct group_def, reserved_for) },
};

/* --- a selector --- */

static int codec_config_put_hex(struct json_object *object, const char *key, int32_t value,
				unsigned digits)
{
	char buf[16];

	if (value < 0)
		return 0;
	snprintf(buf, sizeof(buf), "%0*x", (int)digits, (unsigned)value);
	return codec_write_string(object, key, buf);
}

static int codec_config_put_selector(struct json_object *object, const struct selector *selector)
{
	const struct {
		const char *key;
		int32_t value;
		unsigned digits;
	} numbers[] = {
		{ "vendor", selector->vendor, 4 },
		{ "device", selector->device, 4 },
		{ "subsystem-vendor", selector->subsystem_vendor, 4 },
		{ "subsystem-device", selector->subsystem_device, 4 },
		{ "class", selector->class_code, selector->class_digits },
	};
	int r;

	r = codec_write_fields(object, codec_config_selector_fields,
			       ARRAY_SIZE(codec_config_selector_fields), selector);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		r = codec_config_put_hex(object, numbers[i].key, numbers[i].value,
					 numbers[i].digits);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Returns a string for an address that stands alone, else an object. NULL when out of memory. */
static struct json_object *codec_config_selector(const struct selector *selector)
{
	_cleanup_json_ struct json_object *object = json_object_new_object();

	if (!object || codec_config_put_selector(object, selector) < 0)
		return NULL;
	if (selector->address && json_object_object_length(object) == 1)
		return codec_write_utf8(selector->address);
	return TAKE_PTR(object);
}

static int codec_config_put_selectors(struct json_object *object, const struct group_def *def)
{
	_cleanup_json_ struct json_object *array = json_object_new_array();
	int r;

	if (!array)
		return -ENOMEM;
	VEC_FOREACH(const struct selector, selector, &def->selectors) {
		r = codec_write_element(array, codec_config_selector(selector));
		if (r < 0)
			return r;
	}
	return codec_write_value(object, "devices", TAKE_PTR(array));
}

/* --- a group --- */

static int codec_config_put_word(struct json_object *object, const char *key, const char *word,
				 const char *usual)
{
	if (str_eq(word, usual))
		return 0;
	return codec_write_string(object, key, word);
}

static int codec_config_put_list(struct json_object *object, const char *key, char *const *list)
{
	if (strv_length(list) == 0)
		return 0;
	return codec_write_strv(object, key, list);
}

/* Takes @inner over and writes it, unless it is empty. */
static int codec_config_put_object(struct json_object *object, const char *key,
				   struct json_object *inner)
{
	if (json_object_object_length(inner) > 0)
		return codec_write_value(object, key, inner);
	json_object_put(inner);
	return 0;
}

static int codec_config_put_reset(struct json_object *object, const struct group_def *def)
{
	_cleanup_json_ struct json_object *reset = json_object_new_object();
	int r;

	if (!reset)
		return -ENOMEM;
	r = codec_config_put_word(reset, "before", group_def_reset_to_string(def->reset_before),
				  "auto");
	if (r < 0)
		return r;
	r = codec_config_put_word(reset, "after", group_def_reset_to_string(def->reset_after),
				  "auto");
	if (r < 0)
		return r;
	r = codec_config_put_list(reset, "methods", def->reset_methods);
	if (r < 0)
		return r;
	return codec_config_put_object(object, "reset", TAKE_PTR(reset));
}

static int codec_config_put_access(struct json_object *object, const struct group_def *def)
{
	_cleanup_json_ struct json_object *access = json_object_new_object();
	int r;

	if (!access)
		return -ENOMEM;
	r = codec_config_put_list(access, "users", def->users);
	if (r < 0)
		return r;
	r = codec_config_put_list(access, "groups", def->groups);
	if (r < 0)
		return r;
	return codec_config_put_object(object, "access", TAKE_PTR(access));
}

/* Writes the size in the largest unit that loses nothing. */
static int codec_config_put_memlock(struct json_object *object, uint64_t size)
{
	static const char units[] = "KMGTPE";
	char buf[32];
	size_t unit = 0;

	if (size == 0)
		return 0;
	if (size == UINT64_MAX)
		return codec_write_string(object, "memlock", "infinity");
	for (; size % 1024 == 0 && units[unit]; unit++)
		size /= 1024;
	snprintf(buf, sizeof(buf), "%llu%.1s", (unsigned long long)size,
		 unit > 0 ? units + unit - 1 : "");
	return codec_write_string(object, "memlock", buf);
}

static int codec_config_put_words(struct json_object *object, const struct group_def *def)
{
	const struct {
		const char *key, *word, *usual;
	} words[] = {
		{ "driver", def->driver, "auto" },
		{ "bind", group_def_bind_to_string(def->bind), "claim" },
		{ "on-release", group_def_on_release_to_string(def->on_release), "restore" },
	};
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		r = codec_config_put_word(object, words[i].key, words[i].word, words[i].usual);
		if (r < 0)
			return r;
	}
	return 0;
}

static int codec_config_put_group(struct json_object *object, const struct group_def *def)
{
	int r;

	r = codec_config_put_selectors(object, def);
	if (r < 0)
		return r;
	r = codec_write_fields(object, codec_config_group_fields,
			       ARRAY_SIZE(codec_config_group_fields), def);
	if (r < 0)
		return r;
	r = codec_config_put_words(object, def);
	if (r < 0)
		return r;
	r = codec_config_put_reset(object, def);
	if (r < 0)
		return r;
	r = codec_config_put_access(object, def);
	if (r < 0)
		return r;
	r = codec_config_put_memlock(object, def->memlock);
	if (r < 0)
		return r;
	return codec_config_put_list(object, "accept", def->accept);
}

/* --- a file --- */

static int codec_config_put_groups(struct json_object *root, const struct vec *groups)
{
	_cleanup_json_ struct json_object *object = json_object_new_object();
	struct json_object *group;
	int r;

	if (!object)
		return -ENOMEM;
	VEC_FOREACH(const struct group_def, def, groups) {
		r = codec_write_new_member(object, def->name, &group);
		if (r < 0)
			return r;
		r = codec_config_put_group(group, def);
		if (r < 0)
			return r;
	}
	return codec_config_put_object(root, "groups", TAKE_PTR(object));
}

static int codec_config_put_vf_def(struct json_object *object, const struct vf_def *def)
{
	int r;

	r = codec_write_uint(object, "count", def->count);
	if (r < 0)
		return r;
	r = codec_write_bool(object, "autoprobe", def->autoprobe);
	if (r < 0)
		return r;
	if (!def->while_claimed)
		return 0;
	return codec_write_bool(object, "while-claimed", true);
}

static int codec_config_put_vfs(struct json_object *root, const struct vec *sriov)
{
	_cleanup_json_ struct json_object *object = json_object_new_object();
	struct json_object *vfs;
	int r;

	if (!object)
		return -ENOMEM;
	VEC_FOREACH(const struct vf_def, def, sriov) {
		r = codec_write_new_member(object, def->device, &vfs);
		if (r < 0)
			return r;
		r = codec_config_put_vf_def(vfs, def);
		if (r < 0)
			return r;
	}
	return codec_config_put_object(root, "virtual-functions", TAKE_PTR(object));
}

/* Writes an object for each attribute into an array: their order counts. */
static int codec_config_put_attributes(struct json_object *object, char *const *attributes)
{
	_cleanup_json_ struct json_object *array = NULL;
	struct json_object *one;
	int r;

	if (!attributes)
		return 0;
	array = json_object_new_array();
	if (!array)
		return -ENOMEM;
	STRV_FOREACH(attribute, attributes) {
		size_t n = strcspn(*attribute, "=");
		_cleanup_free_ char *name = strndup(*attribute, n);

		if (!name)
			return -ENOMEM;
		r = codec_write_new_element(array, &one);
		if (r < 0)
			return r;
		r = codec_write_string(one, name, *attribute + n + 1);
		if (r < 0)
			return r;
	}
	return codec_write_value(object, "attributes", TAKE_PTR(array));
}

static int codec_config_put_mdev(struct json_object *object, const struct mdev_def *def)
{
	int r;

	r = codec_write_string(object, "parent", device_bus_address_of_key(def->parent));
	if (r < 0)
		return r;
	r = codec_write_string(object, "type", def->type);
	if (r < 0)
		return r;
	return codec_config_put_attributes(object, def->attributes);
}

static int codec_config_put_mdevs(struct json_object *root, const struct vec *mdevs)
{
	_cleanup_json_ struct json_object *object = json_object_new_object();
	struct json_object *mdev;
	int r;

	if (!object)
		return -ENOMEM;
	VEC_FOREACH(const struct mdev_def, def, mdevs) {
		r = codec_write_new_member(object, device_bus_address_of_key(def->key), &mdev);
		if (r < 0)
			return r;
		r = codec_config_put_mdev(mdev, def);
		if (r < 0)
			return r;
	}
	return codec_config_put_object(root, "mediated-devices", TAKE_PTR(object));
}

int codec_config_to_json(const struct def_set *defs, bool pretty, char **ret)
{
	_cleanup_json_ struct json_object *root = json_object_new_object();
	int r;

	if (!root)
		return -ENOMEM;
	r = codec_config_put_groups(root, &defs->groups);
	if (r < 0)
		return r;
	r = codec_config_put_vfs(root, &defs->sriov);
	if (r < 0)
		return r;
	r = codec_config_put_mdevs(root, &defs->mdevs);
	if (r < 0)
		return r;
	return codec_write_document(root, pretty, ret);
}

int codec_config_group_to_json(const struct group_def *def, bool pretty, char **ret)
{
	void *items[] = { (void *)def };
	const struct def_set defs = { .groups = { .items = items, .n = 1, .room = 1 } };

	return codec_config_to_json(&defs, pretty, ret);
}

bool codec_config_same_group(const struct group_def *a, const struct group_def *b)
{
	_cleanup_free_ char *x = NULL, *y = NULL;

	return codec_config_group_to_json(a, false, &x) >= 0 &&
	       codec_config_group_to_json(b, false, &y) >= 0 && str_eq(x, y);
}
