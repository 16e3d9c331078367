/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reads an inventory back: one of this host, one of another host, or a forged one. Unknown keys are
 * ignored: a later version may have more.
 */

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "model/json/codec-inventory.h"
#include "model/json/codec.h"
#include "model/usage.h"

#define CONFIG_SIZE_MAX 4096u /* of PCI Express */

static int codec_snapshot_check_version(const struct codec_reader *reader,
					const struct jsontext_node *root)
{
	const struct jsontext_node *node;
	uint64_t version;
	int r;

	r = codec_read_member(reader, root, "version", JSONTEXT_NUMBER, true, &node);
	if (r < 0)
		return r;
	if (jsontext_u64(node, UINT64_MAX, &version) < 0 || version != INVENTORY_VERSION)
		return codec_read_fail(reader, node,
				       "expected %d, found %.40s: made by another version",
				       INVENTORY_VERSION, node->text);
	return 0;
}

static int codec_snapshot_get_resource(const struct codec_reader *reader,
				       const struct jsontext_node *node,
				       struct device_resource *ret)
{
	uint64_t words[3] = { 0 };
	size_t n = 0;
	int r;

	r = codec_read_expect(reader, node, JSONTEXT_ARRAY);
	if (r < 0)
		return r;
	if (node->n != ARRAY_SIZE(words))
		return codec_read_fail(reader, node,
				       "expected start, end and flags, found %zu values", node->n);
	JSONTEXT_FOREACH(item, node) {
		r = codec_read_hex(reader, item, true, 0, &words[n++]);
		if (r < 0)
			return r;
	}
	*ret = (struct device_resource){ .start = words[0], .end = words[1], .flags = words[2] };
	return 0;
}

static int codec_snapshot_get_resources(const struct codec_reader *reader,
					const struct jsontext_node *object, struct device *device)
{
	const struct jsontext_node *array;
	size_t n = 0;
	int r;

	r = codec_read_member(reader, object, "resources", JSONTEXT_ARRAY, false, &array);
	if (r < 0 || !array)
		return r;
	if (array->n > DEVICE_RESOURCES)
		return codec_read_fail(reader, array, "expected %d resources at most, found %zu",
				       DEVICE_RESOURCES, array->n);
	JSONTEXT_FOREACH(node, array) {
		r = codec_snapshot_get_resource(reader, node, &device->resources[n++]);
		if (r < 0)
			return r;
	}
	return 0;
}

static uint8_t codec_snapshot_hex_value(char c)
{
	return (uint8_t)(isdigit((unsigned char)c) ? c - '0' :
						     tolower((unsigned char)c) - 'a' + 10);
}

/* Decodes the digits of @node into the first of @size bytes; the rest are zeros. */
static int codec_snapshot_get_bytes(const struct codec_reader *reader,
				    const struct jsontext_node *node, size_t size, uint8_t **ret)
{
	const char *hex = node->text;
	uint8_t *bytes;

	if (strlen(hex) % 2 || hex[strspn(hex, "0123456789abcdefABCDEF")])
		return codec_read_fail(reader, node, "expected two hex digits for each byte");
	if (strlen(hex) / 2 > size)
		return codec_read_fail(reader, node, "expected %zu bytes at most, found %zu", size,
				       strlen(hex) / 2);
	if (size == 0)
		return 0;
	bytes = calloc(1, size);
	if (!bytes)
		return -ENOMEM;
	for (size_t i = 0; hex[2 * i]; i++)
		bytes[i] = (uint8_t)(codec_snapshot_hex_value(hex[2 * i]) << 4 |
				     codec_snapshot_hex_value(hex[2 * i + 1]));
	*ret = bytes;
	return 0;
}

/* Replaces *size by "config-size" where that is given, and checks it. */
static int codec_snapshot_get_config_size(const struct codec_reader *reader,
					  const struct jsontext_node *object,
					  const struct jsontext_node *config, uint64_t *size)
{
	const struct jsontext_node *node;
	int r;

	r = codec_read_member(reader, object, "config-size", JSONTEXT_NUMBER, false, &node);
	if (r < 0)
		return r;
	if (node && jsontext_u64(node, CONFIG_SIZE_MAX, size) < 0)
		return codec_read_fail(reader, node, "expected a number of bytes up to %u",
				       CONFIG_SIZE_MAX);
	if (*size > CONFIG_SIZE_MAX)
		return codec_read_fail(reader, config, "expected %u bytes at most, found %zu",
				       CONFIG_SIZE_MAX, (size_t)*size);
	return 0;
}

static int codec_snapshot_get_config(const struct codec_reader *reader,
				     const struct jsontext_node *object, struct device *device)
{
	const struct jsontext_node *node, *again;
	uint64_t size;
	int r;

	r = codec_read_member(reader, object, "config", JSONTEXT_STRING, false, &node);
	if (r < 0)
		return r;
	r = codec_read_member(reader, object, "config-again", JSONTEXT_STRING, false, &again);
	if (r < 0 || !node)
		return r;
	size = strlen(node->text) / 2;
	r = codec_snapshot_get_config_size(reader, object, node, &size);
	if (r < 0)
		return r;
	r = codec_snapshot_get_bytes(reader, node, size, &device->config);
	if (r < 0 || !device->config)
		return r;
	device->config_size = size;
	if (!again)
		return 0;
	return codec_snapshot_get_bytes(reader, again, size, &device->config_again);
}

static int codec_snapshot_get_override(const struct codec_reader *reader,
				       const struct jsontext_node *object, struct device *device)
{
	const struct jsontext_node *node = jsontext_member(object, "driver-override");
	int r;

	if (!node)
		return 0;
	device->has_override = true;
	if (node->type == JSONTEXT_NULL)
		return 0;
	r = codec_read_expect(reader, node, JSONTEXT_STRING);
	if (r < 0)
		return r;
	return utf8_set(&device->driver_override, node->text);
}

static int codec_snapshot_get_errors(const struct codec_reader *reader,
				     const struct jsontext_node *object, struct device *device)
{
	const struct jsontext_node *state, *counts;
	int r;

	r = codec_read_member(reader, object, "error-state", JSONTEXT_STRING, false, &state);
	if (r < 0)
		return r;
	if (state && !error_state_from_string(state->text, &device->errors.state))
		return codec_read_fail(reader, state, "\"%.80s\" is not an error state",
				       state->text);
	r = codec_read_member(reader, object, "error-counts", JSONTEXT_OBJECT, false, &counts);
	if (r < 0 || !counts)
		return r;
	device->errors.counted = true;
	return codec_read_fields(reader, counts, codec_errors_fields, codec_errors_n_fields,
				 &device->errors);
}

static int codec_snapshot_get_use(const struct codec_reader *reader,
				  const struct jsontext_node *node, void *to)
{
	_cleanup_usage_ struct usage *usage = usage_new();
	int r;

	if (!usage)
		return -ENOMEM;
	r = codec_read_expect(reader, node, JSONTEXT_OBJECT);
	if (r < 0)
		return r;
	r = codec_read_fields(reader, node, codec_usage_fields, codec_usage_n_fields, usage);
	if (r < 0)
		return r;
	r = vec_add(&((struct device *)to)->usages, usage);
	if (r < 0)
		return r;
	TAKE_PTR(usage);
	return 0;
}

static int codec_snapshot_get_uses(const struct codec_reader *reader,
				   const struct jsontext_node *object, struct device *device)
{
	return codec_read_elements(reader, object, "uses", false, codec_snapshot_get_use, device);
}

static int codec_snapshot_get_mdev_type(const struct codec_reader *reader,
					const struct jsontext_node *node, void *to)
{
	_cleanup_mdev_type_ struct mdev_type *type = mdev_type_new("");
	int r;

	if (!type)
		return -ENOMEM;
	r = codec_read_expect(reader, node, JSONTEXT_OBJECT);
	if (r < 0)
		return r;
	r = codec_read_fields(reader, node, codec_mdev_type_fields, codec_mdev_type_n_fields, type);
	if (r < 0)
		return r;
	r = mdev_types_put(&((struct device *)to)->mdev_types, type);
	if (r < 0)
		return r;
	TAKE_PTR(type);
	return 0;
}

static int codec_snapshot_get_mdev_types(const struct codec_reader *reader,
					 const struct jsontext_node *object, struct device *device)
{
	return codec_read_elements(reader, object, "mdev-types", false,
				   codec_snapshot_get_mdev_type, device);
}

static int codec_snapshot_get_fields(const struct codec_reader *reader,
				     const struct jsontext_node *object, struct device *device)
{
	return codec_read_fields(reader, object, codec_device_fields, codec_device_n_fields,
				 device);
}

static int codec_snapshot_get_pci(const struct codec_reader *reader,
				  const struct jsontext_node *object, struct device *device)
{
	int r;

	if (!device_is_pci(device))
		return 0;
	r = codec_read_fields(reader, object, codec_pci_fields, codec_pci_n_fields, device);
	if (r < 0)
		return r;
	r = codec_snapshot_get_resources(reader, object, device);
	if (r < 0)
		return r;
	return codec_snapshot_get_config(reader, object, device);
}

/* Makes a device of the bus and address, which are checked as if a user had written them. */
static int codec_snapshot_new_device(const struct codec_reader *reader,
				     const struct jsontext_node *object, struct device **ret)
{
	const struct jsontext_node *address, *bus;
	_cleanup_free_ char *written = NULL, *key = NULL;
	int r;

	r = codec_read_expect(reader, object, JSONTEXT_OBJECT);
	if (r < 0)
		return r;
	r = codec_read_member(reader, object, "address", JSONTEXT_STRING, true, &address);
	if (r < 0)
		return r;
	r = codec_read_member(reader, object, "bus", JSONTEXT_STRING, true, &bus);
	if (r < 0)
		return r;
	written = str_printf("%s:%s", bus->text, address->text);
	if (!written)
		return -ENOMEM;
	r = -EINVAL;
	if (!strchr(bus->text, ':'))
		r = device_bus_key_normalize(written, &key);
	if (r == -EINVAL)
		return codec_read_fail(reader, address,
				       "\"%.80s\" is not an address on the bus \"%.80s\"",
				       address->text, bus->text);
	if (r < 0)
		return r;
	*ret = device_new(bus->text, device_bus_address_of_key(key));
	return *ret ? 0 : -ENOMEM;
}

static int codec_snapshot_get_device(const struct codec_reader *reader,
				     const struct jsontext_node *object, void *to)
{
	static int (*const parts[])(const struct codec_reader *, const struct jsontext_node *,
				    struct device *) = {
		codec_snapshot_get_fields, codec_snapshot_get_override,	  codec_snapshot_get_errors,
		codec_snapshot_get_uses,   codec_snapshot_get_mdev_types, codec_snapshot_get_pci,
	};
	_cleanup_device_ struct device *device = NULL;
	struct inventory *inv = to;
	int r;

	r = codec_snapshot_new_device(reader, object, &device);
	if (r < 0)
		return r;
	if (inventory_find(inv, device->key))
		return codec_read_fail(reader, object, "the device %s is listed twice",
				       device->key);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		r = parts[i](reader, object, device);
		if (r < 0)
			return r;
	}
	r = inventory_put(inv, device);
	if (r < 0)
		return r;
	TAKE_PTR(device);
	return 0;
}

/* The IOMMU group whose list of members is checked. */
struct codec_snapshot_members {
	const struct inventory *inv;
	unsigned id;
};

/*
 * Checks that the device of a member states the same group. A list that differs from its devices is
 * a forgery or a bug.
 */
static int codec_snapshot_check_member(const struct codec_reader *reader,
				       const struct jsontext_node *node, void *to)
{
	const struct codec_snapshot_members *members = to;
	const struct device *device;
	int r;

	r = codec_read_expect(reader, node, JSONTEXT_STRING);
	if (r < 0)
		return r;
	device = inventory_find(members->inv, node->text);
	if (!device || device->iommu_group != (int)members->id)
		return codec_read_fail(reader, node,
				       "no device \"%.80s\" of IOMMU group %u in \"devices\"",
				       node->text, members->id);
	return 0;
}

/* Reads the text @key into *ret, NULL if it is absent. */
static int codec_snapshot_get_text(const struct codec_reader *reader,
				   const struct jsontext_node *object, const char *key, char **ret)
{
	const struct jsontext_node *node;
	int r;

	r = codec_read_member(reader, object, key, JSONTEXT_STRING, false, &node);
	if (r < 0)
		return r;
	return utf8_set(ret, node ? node->text : NULL);
}

/* Reads the list @key into *ret; an absent list leaves it as it is. */
static int codec_snapshot_get_list(const struct codec_reader *reader,
				   const struct jsontext_node *object, const char *key, char ***ret)
{
	const struct jsontext_node *node;
	int r;

	r = codec_read_member(reader, object, key, JSONTEXT_ARRAY, false, &node);
	if (r < 0 || !node)
		return r;
	return codec_read_strv(reader, node, ret);
}

static int codec_snapshot_get_group_fields(const struct codec_reader *reader,
					   const struct jsontext_node *object,
					   struct iommu_group *group)
{
	int r;

	r = codec_snapshot_get_text(reader, object, "name", &group->name);
	if (r < 0)
		return r;
	r = codec_snapshot_get_text(reader, object, "type", &group->type);
	if (r < 0)
		return r;
	r = codec_snapshot_get_list(reader, object, "reserved-regions", &group->reserved);
	if (r < 0)
		return r;
	return codec_snapshot_get_list(reader, object, "vfio-info", &group->vfio_info_lines);
}

static int codec_snapshot_get_group(const struct codec_reader *reader,
				    const struct jsontext_node *object, void *to)
{
	struct codec_snapshot_members members = { .inv = to };
	const struct jsontext_node *id_node;
	struct iommu_group *group;
	uint64_t id;
	int r;

	r = codec_read_expect(reader, object, JSONTEXT_OBJECT);
	if (r < 0)
		return r;
	r = codec_read_member(reader, object, "id", JSONTEXT_NUMBER, true, &id_node);
	if (r < 0)
		return r;
	if (jsontext_u64(id_node, INT_MAX, &id) < 0)
		return codec_read_fail(reader, id_node, "expected the number of an IOMMU group");
	group = inventory_get_group(to, (unsigned)id);
	if (!group)
		return -ENOMEM;
	r = codec_snapshot_get_group_fields(reader, object, group);
	if (r < 0)
		return r;
	members.id = (unsigned)id;
	return codec_read_elements(reader, object, "devices", false, codec_snapshot_check_member,
				   &members);
}

int codec_snapshot_from_json(const char *text, size_t size, struct inventory **ret,
			     char **ret_error)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	_cleanup_jsontext_ struct jsontext *doc = NULL;
	struct codec_reader reader = { .ret_error = ret_error };
	const struct jsontext_node *root;
	int r;

	if (!inv)
		return -ENOMEM;
	r = codec_read_document(text, size, &doc, ret_error);
	if (r < 0)
		return r;
	reader.doc = doc;
	root = jsontext_root(doc);
	r = codec_snapshot_check_version(&reader, root);
	if (r < 0)
		return r;
	r = codec_read_fields(&reader, root, codec_inventory_fields, codec_inventory_n_fields, inv);
	if (r < 0)
		return r;
	r = codec_read_elements(&reader, root, "devices", true, codec_snapshot_get_device, inv);
	if (r < 0)
		return r;
	r = codec_read_elements(&reader, root, "iommu-groups", false, codec_snapshot_get_group,
				inv);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(inv);
	return 0;
}
