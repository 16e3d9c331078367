/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writes an inventory as JSON. Holds the tables that codec-snapshot.c reads it by, too. */

#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "model/json/codec-facts.h"
#include "model/json/codec-inventory.h"
#include "model/json/codec.h"
#include "model/usage.h"

/* --- the tables, for both directions --- */

const struct codec_field codec_inventory_fields[] = {
	{ "source", CODEC_STRING, offsetof(struct inventory, source), CODEC_SHOW },
	{ "groups-derived", CODEC_BOOL, offsetof(struct inventory, groups_derived) },
	{ "kernel-release", CODEC_STRING, offsetof(struct inventory, kernel_release), CODEC_SHOW },
	{ "page-size", CODEC_ULONG, offsetof(struct inventory, page_size), CODEC_SHOW },
	{ "vfio", CODEC_BOOL, offsetof(struct inventory, has_vfio), CODEC_SHOW },
	{ "iommufd", CODEC_BOOL, offsetof(struct inventory, has_iommufd), CODEC_SHOW },
	{ "vfio-cdev", CODEC_BOOL, offsetof(struct inventory, has_vfio_cdev), CODEC_SHOW },
	{ "acs-override", CODEC_STRING, offsetof(struct inventory, acs_override) },
	{ "interrupt-remapping", CODEC_INT, offsetof(struct inventory, interrupt_remapping) },
	{ "unsafe-interrupts", CODEC_BOOL, offsetof(struct inventory, unsafe_interrupts) },
	{ "vfio-denylist-off", CODEC_BOOL, offsetof(struct inventory, denylist_off) },
	{ "slots", CODEC_STRV, offsetof(struct inventory, slots) },
	{ "iommus", CODEC_STRV, offsetof(struct inventory, iommus) },
	{ "kernel-module", CODEC_STRING, offsetof(struct inventory, kernel_module), CODEC_SHOW },
};
const size_t codec_inventory_n_fields = ARRAY_SIZE(codec_inventory_fields);

const struct codec_field codec_device_fields[] = {
	{ "sysfs", CODEC_STRING, offsetof(struct device, sysfs) },
	{ "parent", CODEC_STRING, offsetof(struct device, parent) },
	{ "iommu-group", CODEC_INT, offsetof(struct device, iommu_group), CODEC_SHOW },
	{ "driver", CODEC_STRING, offsetof(struct device, driver), CODEC_SHOW },
	{ "vfio-driver", CODEC_STRING, offsetof(struct device, vfio_driver) },
	{ "config-masked", CODEC_BOOL, offsetof(struct device, config_masked) },
	{ "modalias", CODEC_STRING, offsetof(struct device, modalias) },
	{ "vfio-open", CODEC_BOOL, offsetof(struct device, vfio_open) },
	{ "eeh", CODEC_BOOL, offsetof(struct device, eeh) },
	{ "shares-msi", CODEC_BOOL, offsetof(struct device, shares_msi) },
	{ "no-reset", CODEC_BOOL, offsetof(struct device, no_reset) },
	{ "compatible", CODEC_STRING, offsetof(struct device, compatible) },
	{ "awaits-group", CODEC_BOOL, offsetof(struct device, awaits_group) },
	{ "reset-driver", CODEC_STRING, offsetof(struct device, reset_driver) },
	{ "reset-required", CODEC_BOOL, offsetof(struct device, reset_required) },
	{ "reset-methods", CODEC_STRV, offsetof(struct device, reset_methods) },
	{ "power-state", CODEC_STRING, offsetof(struct device, power_state) },
	{ "numa-node", CODEC_INT, offsetof(struct device, numa_node) },
	{ "source", CODEC_STRING, offsetof(struct device, source) },
	{ "isolation", CODEC_STRV, offsetof(struct device, isolation) },
	{ "reset-scope", CODEC_STRV, offsetof(struct device, reset_scope) },
	{ "interfaces", CODEC_STRV, offsetof(struct device, interfaces) },
	{ "host-names", CODEC_STRV, offsetof(struct device, host_names) },
	{ "iommu", CODEC_STRING, offsetof(struct device, iommu) },
	{ "vfio-info", CODEC_STRV, offsetof(struct device, vfio_info_lines) },
	{ "mdev-parent", CODEC_STRING, offsetof(struct device, mdev_parent) },
	{ "mdev-type", CODEC_STRING, offsetof(struct device, mdev_type) },
};
const size_t codec_device_n_fields = ARRAY_SIZE(codec_device_fields);

const struct codec_field codec_pci_fields[] = {
	{ "vendor", CODEC_HEX16, offsetof(struct device, vendor), CODEC_SHOW },
	{ "device", CODEC_HEX16, offsetof(struct device, device), CODEC_SHOW },
	{ "subsystem-vendor", CODEC_HEX16, offsetof(struct device, subsystem_vendor) },
	{ "subsystem-device", CODEC_HEX16, offsetof(struct device, subsystem_device) },
	{ "class", CODEC_HEX24, offsetof(struct device, class_code), CODEC_SHOW },
	{ "revision", CODEC_HEX8, offsetof(struct device, revision) },
	{ "header-type", CODEC_U8, offsetof(struct device, header_type), CODEC_SHOW },
	{ "vendor-name", CODEC_STRING, offsetof(struct device, vendor_name) },
	{ "device-name", CODEC_STRING, offsetof(struct device, device_name) },
	{ "class-name", CODEC_STRING, offsetof(struct device, class_name) },
	{ "serial", CODEC_STRING, offsetof(struct device, serial) },
	{ "physfn", CODEC_STRING, offsetof(struct device, physfn) },
	{ "vf-index", CODEC_INT, offsetof(struct device, vf_index) },
	{ "num-vfs", CODEC_UINT, offsetof(struct device, num_vfs) },
	{ "total-vfs", CODEC_UINT, offsetof(struct device, total_vfs) },
};
const size_t codec_pci_n_fields = ARRAY_SIZE(codec_pci_fields);

const struct codec_field codec_mdev_type_fields[] = {
	{ "id", CODEC_STRING, offsetof(struct mdev_type, id), CODEC_REQUIRED },
	{ "name", CODEC_STRING, offsetof(struct mdev_type, name) },
	{ "description", CODEC_STRING, offsetof(struct mdev_type, description) },
	{ "device-api", CODEC_STRING, offsetof(struct mdev_type, api) },
	{ "available-instances", CODEC_UINT, offsetof(struct mdev_type, available), CODEC_SHOW },
};
const size_t codec_mdev_type_n_fields = ARRAY_SIZE(codec_mdev_type_fields);

const struct codec_field codec_usage_fields[] = {
	{ "kind", CODEC_STRING, offsetof(struct usage, kind), CODEC_REQUIRED },
	{ "what", CODEC_STRING, offsetof(struct usage, what) },
	{ "through", CODEC_STRING, offsetof(struct usage, through) },
	{ "pid", CODEC_INT, offsetof(struct usage, pid) },
	{ "name", CODEC_STRING, offsetof(struct usage, name) },
	{ "unit", CODEC_STRING, offsetof(struct usage, unit) },
};
const size_t codec_usage_n_fields = ARRAY_SIZE(codec_usage_fields);

const struct codec_field codec_errors_fields[] = {
	{ "correctable", CODEC_U64, offsetof(struct device_errors, correctable), CODEC_SHOW },
	{ "nonfatal", CODEC_U64, offsetof(struct device_errors, nonfatal), CODEC_SHOW },
	{ "fatal", CODEC_U64, offsetof(struct device_errors, fatal), CODEC_SHOW },
};
const size_t codec_errors_n_fields = ARRAY_SIZE(codec_errors_fields);

/* --- writing --- */

static struct json_object *codec_inventory_resource(const struct device_resource *resource)
{
	const uint64_t words[] = { resource->start, resource->end, resource->flags };
	_cleanup_json_ struct json_object *array = json_object_new_array_ext(ARRAY_SIZE(words));
	char buf[24];

	for (size_t i = 0; array && i < ARRAY_SIZE(words); i++) {
		snprintf(buf, sizeof(buf), "0x%llx", (unsigned long long)words[i]);
		if (codec_write_element(array, json_object_new_string(buf)) < 0)
			return NULL;
	}
	return TAKE_PTR(array);
}

static int codec_inventory_put_resources(struct json_object *object, const struct device *device)
{
	_cleanup_json_ struct json_object *array = NULL;
	const struct device_resource *res = device->resources;
	size_t n = DEVICE_RESOURCES;
	int r;

	while (n > 0 && !res[n - 1].start && !res[n - 1].end && !res[n - 1].flags)
		n--;
	if (n == 0)
		return 0;
	array = json_object_new_array_ext((int)n);
	if (!array)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		r = codec_write_element(array, codec_inventory_resource(&res[i]));
		if (r < 0)
			return r;
	}
	return codec_write_value(object, "resources", TAKE_PTR(array));
}

/* Writes bytes as hex, without the zeros at the end, which "config-size" restores. */
static int codec_inventory_put_bytes(struct json_object *object, const char *key,
				     const uint8_t *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	_cleanup_free_ char *hex = NULL;

	while (n > 0 && bytes[n - 1] == 0)
		n--;
	hex = malloc(2 * n + 1);
	if (!hex)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 0xf];
	}
	hex[2 * n] = '\0';
	return codec_write_string(object, key, hex);
}

static int codec_inventory_put_config(struct json_object *object, const struct device *device)
{
	int r;

	if (!device->config || device->config_size == 0)
		return 0;
	r = codec_inventory_put_bytes(object, "config", device->config, device->config_size);
	if (r < 0)
		return r;
	r = codec_write_uint(object, "config-size", device->config_size);
	if (r < 0 || !device->config_again)
		return r;
	return codec_inventory_put_bytes(object, "config-again", device->config_again,
					 device->config_size);
}

/* Absent: the device has no such file. null: the file is empty. */
static int codec_inventory_put_override(struct json_object *object, const struct device *device)
{
	if (!device->has_override)
		return 0;
	if (device->driver_override)
		return codec_write_string(object, "driver-override", device->driver_override);
	return json_object_object_add(object, "driver-override", NULL) < 0 ? -ENOMEM : 0;
}

static int codec_inventory_put_usage(struct json_object *object, const struct device *device)
{
	if (device->usages.n == 0)
		return 0;
	return codec_write_structs(object, "uses", codec_usage_fields, codec_usage_n_fields,
				   &device->usages);
}

static int codec_inventory_put_mdev_types(struct json_object *object, const struct device *device)
{
	if (device->mdev_types.n == 0)
		return 0;
	return codec_write_structs(object, "mdev-types", codec_mdev_type_fields,
				   codec_mdev_type_n_fields, &device->mdev_types);
}

/* Leaves out the state "ok", and the counters if the kernel has none. */
static int codec_inventory_put_errors(struct json_object *object, const struct device *device)
{
	const struct device_errors *errors = &device->errors;
	struct json_object *counts;
	int r;

	if (errors->state != ERROR_OK) {
		r = codec_write_string(object, "error-state", error_state_to_string(errors->state));
		if (r < 0)
			return r;
	}
	if (!errors->counted)
		return 0;
	r = codec_write_new_member(object, "error-counts", &counts);
	if (r < 0)
		return r;
	return codec_write_fields(counts, codec_errors_fields, codec_errors_n_fields, errors);
}

static int codec_inventory_put_place(struct json_object *object, const struct device *device)
{
	int r;

	r = codec_write_string(object, "address", device->address);
	if (r < 0)
		return r;
	return codec_write_string(object, "bus", device->bus);
}

static int codec_inventory_put_fields(struct json_object *object, const struct device *device)
{
	return codec_write_fields(object, codec_device_fields, codec_device_n_fields, device);
}

static int codec_inventory_put_pci(struct json_object *object, const struct device *device)
{
	int r;

	if (!device_is_pci(device))
		return 0;
	r = codec_write_fields(object, codec_pci_fields, codec_pci_n_fields, device);
	if (r < 0)
		return r;
	r = codec_inventory_put_resources(object, device);
	if (r < 0)
		return r;
	return codec_inventory_put_config(object, device);
}

static int codec_inventory_put_device(struct json_object *object, const struct device *device)
{
	static int (*const parts[])(struct json_object *, const struct device *) = {
		codec_inventory_put_place,    codec_inventory_put_fields,
		codec_inventory_put_override, codec_inventory_put_usage,
		codec_inventory_put_errors,   codec_inventory_put_mdev_types,
		codec_inventory_put_pci,
	};
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		r = parts[i](object, device);
		if (r < 0)
			return r;
	}
	return 0;
}

static int codec_inventory_put_members(struct json_object *object, const struct iommu_group *group)
{
	_cleanup_json_ struct json_object *members = json_object_new_array();
	int r;

	if (!members)
		return -ENOMEM;
	VEC_FOREACH(const struct device, device, &group->devices) {
		r = codec_write_element(members, codec_write_utf8(device->key));
		if (r < 0)
			return r;
	}
	return codec_write_value(object, "devices", TAKE_PTR(members));
}

static int codec_inventory_put_group(struct json_object *object, const struct iommu_group *group)
{
	static const struct codec_field fields[] = {
		{ "id", CODEC_UINT, offsetof(struct iommu_group, id), CODEC_SHOW },
		{ "name", CODEC_STRING, offsetof(struct iommu_group, name) },
		{ "type", CODEC_STRING, offsetof(struct iommu_group, type) },
		{ "reserved-regions", CODEC_STRV, offsetof(struct iommu_group, reserved) },
		{ "vfio-info", CODEC_STRV, offsetof(struct iommu_group, vfio_info_lines) },
	};
	int r;

	r = codec_write_fields(object, fields, ARRAY_SIZE(fields), group);
	if (r < 0)
		return r;
	return codec_inventory_put_members(object, group);
}

/* The caller's function that adds facts, or NULL. */
struct codec_annotation {
	codec_annotate_fn fn;
	void *userdata;
};

static int codec_inventory_put_facts(struct json_object *object, const struct device *device,
				     const struct codec_annotation *annotation)
{
	_cleanup_facts_ struct vec facts = { 0 };

	if (!annotation->fn)
		return 0;
	if (annotation->fn(device, &facts, annotation->userdata) < 0)
		return -ENOMEM;
	if (facts.n == 0)
		return 0;
	return codec_write_value(object, "facts", codec_facts(&facts));
}

static int codec_inventory_put_devices(struct json_object *root, const struct inventory *inv,
				       const struct codec_annotation *annotation)
{
	_cleanup_json_ struct json_object *array = json_object_new_array();
	struct json_object *object;
	int r;

	if (!array)
		return -ENOMEM;
	VEC_FOREACH(const struct device, device, &inv->devices) {
		r = codec_write_new_element(array, &object);
		if (r < 0)
			return r;
		r = codec_inventory_put_device(object, device);
		if (r < 0)
			return r;
		r = codec_inventory_put_facts(object, device, annotation);
		if (r < 0)
			return r;
	}
	return codec_write_value(root, "devices", TAKE_PTR(array));
}

static int codec_inventory_put_groups(struct json_object *root, const struct inventory *inv)
{
	_cleanup_json_ struct json_object *array = json_object_new_array();
	struct json_object *object;
	int r;

	if (!array)
		return -ENOMEM;
	VEC_FOREACH(const struct iommu_group, group, &inv->iommu_groups) {
		r = codec_write_new_element(array, &object);
		if (r < 0)
			return r;
		r = codec_inventory_put_group(object, group);
		if (r < 0)
			return r;
	}
	return codec_write_value(root, "iommu-groups", TAKE_PTR(array));
}

int codec_inventory_to_json_with(const struct inventory *inv, bool pretty,
				 codec_annotate_fn annotate, void *userdata, char **ret)
{
	const struct codec_annotation annotation = { annotate, userdata };
	_cleanup_json_ struct json_object *root = json_object_new_object();
	int r;

	if (!root)
		return -ENOMEM;
	r = codec_write_value(root, "version", json_object_new_int(INVENTORY_VERSION));
	if (r < 0)
		return r;
	r = codec_write_fields(root, codec_inventory_fields, codec_inventory_n_fields, inv);
	if (r < 0)
		return r;
	r = codec_inventory_put_devices(root, inv, &annotation);
	if (r < 0)
		return r;
	r = codec_inventory_put_groups(root, inv);
	if (r < 0)
		return r;
	return codec_write_document(root, pretty, ret);
}

int codec_inventory_to_json(const struct inventory *inv, bool pretty, char **ret)
{
	return codec_inventory_to_json_with(inv, pretty, NULL, NULL, ret);
}
