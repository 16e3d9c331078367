/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writes and reads the record of a lease. Each word of a record is checked before it is used. */

#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/group-def.h"
#include "model/json/codec-fields.h"
#include "model/json/codec.h"

_Static_assert(sizeof(uid_t) == sizeof(unsigned), "uids are written as unsigned");
_Static_assert(sizeof(gid_t) == sizeof(unsigned), "gids are written as unsigned");
_Static_assert(sizeof(pid_t) == sizeof(int), "pids are written as int");

#define BOTH (CODEC_SHOW | CODEC_REQUIRED)

static const struct codec_field codec_record_fields[] = {
	{ "group", CODEC_STRING, offsetof(struct record, group), BOTH },
	{ "lease", CODEC_STRING, offsetof(struct record, lease), BOTH },
	{ "uid", CODEC_UINT, offsetof(struct record, uid), BOTH },
	{ "gid", CODEC_UINT, offsetof(struct record, gid), BOTH },
	{ "pid", CODEC_INT, offsetof(struct record, pid), BOTH },
	{ "start-time", CODEC_U64, offsetof(struct record, start_time), CODEC_SHOW },
	{ "unit", CODEC_STRING, offsetof(struct record, unit), CODEC_SHOW },
	{ "label", CODEC_STRING, offsetof(struct record, label), CODEC_SHOW },
	{ "since", CODEC_U64, offsetof(struct record, since), BOTH },
	{ "persistent", CODEC_BOOL, offsetof(struct record, persistent), BOTH },
	{ "used", CODEC_BOOL, offsetof(struct record, used), CODEC_SHOW },
	{ "recovery", CODEC_BOOL, offsetof(struct record, recovery), 0 },
	{ "reset-required", CODEC_BOOL, offsetof(struct record, reset_required), CODEC_SHOW },
	{ "trouble", CODEC_STRING, offsetof(struct record, trouble), 0 },
	{ "forced", CODEC_STRV, offsetof(struct record, forced), 0 },
	{ "new-ids", CODEC_BOOL, offsetof(struct record, new_ids), 0 },
	{ "kept", CODEC_STRV, offsetof(struct record, kept), 0 },
	{ "vf-tokens", CODEC_STRV, offsetof(struct record, vf_tokens), 0 },
};

static const struct codec_field codec_record_device_fields[] = {
	{ "key", CODEC_STRING, offsetof(struct record_device, key), BOTH },
	{ "bus", CODEC_STRING, offsetof(struct record_device, bus), BOTH },
	{ "address", CODEC_STRING, offsetof(struct record_device, address), BOTH },
	{ "iommu-group", CODEC_INT, offsetof(struct record_device, iommu_group), CODEC_SHOW },
	{ "host-driver", CODEC_STRING, offsetof(struct record_device, host_driver), CODEC_SHOW },
	{ "host-override", CODEC_STRING, offsetof(struct record_device, host_override),
	  CODEC_SHOW },
	{ "host-names", CODEC_STRV, offsetof(struct record_device, host_names) },
	{ "host-reset-methods", CODEC_STRV, offsetof(struct record_device, host_reset_methods), 0 },
	{ "resets", CODEC_STRV, offsetof(struct record_device, resets), 0 },
	{ "dirty", CODEC_BOOL, offsetof(struct record_device, dirty), 0 },
	{ "clean", CODEC_BOOL, offsetof(struct record_device, clean), 0 },
	{ "left", CODEC_BOOL, offsetof(struct record_device, left), 0 },
	{ "driver", CODEC_STRING, offsetof(struct record_device, driver), CODEC_SHOW },
};

static int codec_record_put_words(struct json_object *root, const struct record *record)
{
	const struct {
		const char *key, *word;
	} words[] = {
		{ "phase", record_phase_to_string(record->phase) },
		{ "access", record_access_to_string(record->access) },
		{ "interface", record_interface_to_string(record->interface) },
		{ "on-release", group_def_on_release_to_string(record->on_release) },
	};
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		r = codec_write_string(root, words[i].key, words[i].word);
		if (r < 0)
			return r;
	}
	return 0;
}

int codec_record_to_json(const struct record *record, char **ret)
{
	_cleanup_json_ struct json_object *root = json_object_new_object();
	int r;

	if (!root)
		return -ENOMEM;
	r = codec_write_value(root, "version", json_object_new_int(RECORD_VERSION));
	if (r < 0)
		return r;
	r = codec_record_put_words(root, record);
	if (r < 0)
		return r;
	r = codec_write_fields(root, codec_record_fields, ARRAY_SIZE(codec_record_fields), record);
	if (r < 0)
		return r;
	r = codec_write_structs(root, "devices", codec_record_device_fields,
				ARRAY_SIZE(codec_record_device_fields), &record->devices);
	if (r < 0)
		return r;
	return codec_write_document(root, true, ret);
}

/* --- reading --- */

/* Runs before all other checks: the rest of a later version may have another meaning. */
static int codec_record_check_version(const struct codec_reader *reader,
				      const struct jsontext_node *root)
{
	const struct jsontext_node *node;
	uint64_t version;
	int r;

	r = codec_read_member(reader, root, "version", JSONTEXT_NUMBER, true, &node);
	if (r < 0)
		return r;
	if (jsontext_u64(node, UINT64_MAX, &version) < 0 || version == 0)
		return codec_read_fail(reader, node, "expected a version, found %.40s", node->text);
	if (version <= RECORD_VERSION)
		return 0;
	r = codec_read_fail(
		reader, node,
		"version %llu is newer than version %d, the latest that this program reads",
		(unsigned long long)version, RECORD_VERSION);
	return r == -EBADMSG ? -EPROTONOSUPPORT : r;
}

/*
 * Checks that the key, bus and address agree. Later steps write to sysfs at this address, so a
 * record must not point to another place.
 */
static int codec_record_check_device(const struct codec_reader *reader,
				     const struct jsontext_node *node, const struct record *record,
				     const struct record_device *device)
{
	_cleanup_free_ char *key = device_bus_key_new(device->bus, device->address), *normal = NULL;
	int r;

	if (!key)
		return -ENOMEM;
	r = device_bus_key_normalize(device->key, &normal);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || !str_eq(normal, device->key) || !str_eq(key, device->key))
		return codec_read_fail(reader, node,
				       "\"%.80s\" is not the key of \"%.80s\" on the bus \"%.80s\"",
				       device->key, device->address, device->bus);
	if (record_find_device(record, device->key))
		return codec_read_fail(reader, node, "the device %s is listed twice", device->key);
	return 0;
}

/* A driver becomes a directory of sysfs, in which its device is bound. NULL: there is none. */
static bool codec_record_is_driver(const char *name)
{
	return !name || (*name && !strchr(name, '/') && !str_eq(name, ".") && !str_eq(name, ".."));
}

static int codec_record_check_drivers(const struct codec_reader *reader,
				      const struct jsontext_node *node,
				      const struct record_device *device)
{
	const char *const drivers[] = { device->host_driver, device->driver };

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (!codec_record_is_driver(drivers[i]))
			return codec_read_fail(reader, node,
					       "\"%.80s\" is not the name of a driver", drivers[i]);
	return 0;
}

static int codec_record_get_device(const struct codec_reader *reader,
				   const struct jsontext_node *node, void *to)
{
	_cleanup_record_device_ struct record_device *device = record_device_new("");
	struct record *record = to;
	int r;

	if (!device)
		return -ENOMEM;
	r = codec_read_expect(reader, node, JSONTEXT_OBJECT);
	if (r < 0)
		return r;
	r = codec_read_fields(reader, node, codec_record_device_fields,
			      ARRAY_SIZE(codec_record_device_fields), device);
	if (r < 0)
		return r;
	r = codec_record_check_device(reader, node, record, device);
	if (r < 0)
		return r;
	r = codec_record_check_drivers(reader, node, device);
	if (r < 0)
		return r;
	r = vec_add(&record->devices, device);
	if (r < 0)
		return r;
	TAKE_PTR(device);
	return 0;
}

static int codec_record_get_phase(const struct codec_reader *reader,
				  const struct jsontext_node *root, struct record *record)
{
	const struct jsontext_node *node;
	int r;

	r = codec_read_member(reader, root, "phase", JSONTEXT_STRING, true, &node);
	if (r < 0)
		return r;
	if (record_phase_from_string(node->text, &record->phase) < 0)
		return codec_read_fail(
			reader, node,
			"expected claiming, claimed, releasing or dirty, found \"%.40s\"",
			node->text);
	return 0;
}

static int codec_record_get_access(const struct codec_reader *reader,
				   const struct jsontext_node *root, struct record *record)
{
	const struct jsontext_node *node;
	int r;

	r = codec_read_member(reader, root, "access", JSONTEXT_STRING, true, &node);
	if (r < 0)
		return r;
	if (record_access_from_string(node->text, &record->access) < 0)
		return codec_read_fail(reader, node, "expected fd or node, found \"%.40s\"",
				       node->text);
	return 0;
}

/* Reads the interface; records of earlier daemons lack it, because they had only the group. */
static int codec_record_get_interface(const struct codec_reader *reader,
				      const struct jsontext_node *root, struct record *record)
{
	const struct jsontext_node *node;
	int r;

	record->interface = INTERFACE_GROUP;
	r = codec_read_member(reader, root, "interface", JSONTEXT_STRING, false, &node);
	if (r < 0 || !node)
		return r;
	if (record_interface_from_string(node->text, &record->interface) < 0)
		return codec_read_fail(reader, node,
				       "expected group, iommufd or any, found \"%.40s\"",
				       node->text);
	return 0;
}

/* Reads "on-release"; records of earlier daemons lack it, and then the default applies. */
static int codec_record_get_on_release(const struct codec_reader *reader,
				       const struct jsontext_node *root, struct record *record)
{
	const struct jsontext_node *node;
	int r;

	r = codec_read_member(reader, root, "on-release", JSONTEXT_STRING, false, &node);
	if (r < 0 || !node)
		return r;
	if (group_def_on_release_from_string(node->text, &record->on_release) < 0)
		return codec_read_fail(reader, node,
				       "expected restore, keep or none, found \"%.40s\"",
				       node->text);
	return 0;
}

static bool codec_record_is_key(const char *key)
{
	_cleanup_free_ char *normal = NULL;

	return device_bus_key_normalize(key, &normal) >= 0 && str_eq(normal, key);
}

/* Checks the lists of devices: keys, and "KEY=TOKEN". */
static int codec_record_check_lists(const struct codec_reader *reader,
				    const struct jsontext_node *root, const struct record *record)
{
	STRV_FOREACH(key, record->kept)
		if (!codec_record_is_key(*key))
			return codec_read_fail(reader, root, "\"%.80s\" is not the key of a device",
					       *key);
	STRV_FOREACH(line, record->vf_tokens) {
		_cleanup_free_ char *key = strndup(*line, strcspn(*line, "="));

		if (!key)
			return -ENOMEM;
		if (!codec_record_is_key(key))
			return codec_read_fail(reader, root, "\"%.80s\" is not the key of a device",
					       key);
	}
	return 0;
}

static int codec_record_get_fields(const struct codec_reader *reader,
				   const struct jsontext_node *root, struct record *record)
{
	int r;

	r = codec_read_fields(reader, root, codec_record_fields, ARRAY_SIZE(codec_record_fields),
			      record);
	if (r < 0)
		return r;
	if (!group_def_name_valid(record->group))
		return codec_read_fail(reader, root, "\"%.80s\" is not a group name",
				       record->group);
	if (!record_lease_valid(record->lease))
		return codec_read_fail(reader, root,
				       "expected 16 hex digits as lease, found \"%.40s\"",
				       record->lease);
	return codec_record_check_lists(reader, root, record);
}

static int codec_record_get(const struct codec_reader *reader, const struct jsontext_node *root,
			    struct record *record)
{
	static int (*const parts[])(const struct codec_reader *, const struct jsontext_node *,
				    struct record *) = {
		codec_record_get_fields,    codec_record_get_phase,	 codec_record_get_access,
		codec_record_get_interface, codec_record_get_on_release,
	};
	int r;

	r = codec_record_check_version(reader, root);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		r = parts[i](reader, root, record);
		if (r < 0)
			return r;
	}
	return codec_read_elements(reader, root, "devices", true, codec_record_get_device, record);
}

int codec_record_from_json(const char *text, size_t size, struct record **ret, char **ret_error)
{
	_cleanup_jsontext_ struct jsontext *doc = NULL;
	_cleanup_record_ struct record *record = record_new("", "");
	struct codec_reader reader = { .ret_error = ret_error };
	int r;

	if (!record)
		return -ENOMEM;
	r = codec_read_document(text, size, &doc, ret_error);
	if (r < 0)
		return r;
	reader.doc = doc;
	r = codec_record_get(&reader, jsontext_root(doc), record);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(record);
	return 0;
}
