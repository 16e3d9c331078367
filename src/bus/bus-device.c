/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.devgroups1.Device at /org/devgroups1/device/KEY, KEY with its bus: "pci:0000:01:00.0". */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "bus/bus-facts.h"
#include "bus/bus-object.h"
#include "bus/bus-path.h"
#include "bus/bus.h"
#include "model/dbus-names.h"
#include "policy/devinfo/device-facts.h"
#include "policy/devinfo/quirks.h"
#include "policy/isolation/isolation.h"

static int bus_device_find(sd_bus *connection, const char *path, const char *interface,
			   void *userdata, void **ret_found, sd_bus_error *ret_error)
{
	const struct bus *bus = userdata;
	_cleanup_free_ char *name = NULL, *key = NULL;
	int r = sd_bus_path_decode(path, DG_DEVICE_PREFIX, &name);

	if (r <= 0)
		return r;
	r = device_bus_key_normalize(name, &key);
	if (r == -EINVAL)
		return 0;
	if (r < 0)
		return r;
	*ret_found = inventory_find(host_inventory(registry_host(bus->registry)), key);
	return *ret_found != NULL;
}

static int bus_device_path(const void *item, char **ret)
{
	const struct device *device = item;

	*ret = bus_path_device(device->key);
	return *ret ? 0 : -ENOMEM;
}

static int bus_device_enumerate(sd_bus *connection, const char *prefix, void *userdata,
				char ***ret_nodes, sd_bus_error *ret_error)
{
	const struct bus *bus = userdata;
	const struct inventory *inv = host_inventory(registry_host(bus->registry));

	return bus_object_list(&inv->devices, bus_device_path, ret_nodes);
}

/* --- properties --- */

static const char *bus_device_string(const struct registry *registry, const struct device *device,
				     const char *property)
{

	if (str_eq(property, "Address"))
		return device->address;
	if (str_eq(property, "Bus"))
		return device->bus;
	if (str_eq(property, "Driver"))
		return device->driver;
	if (str_eq(property, "HostDriver"))
		return registry_host_driver(registry, device);
	if (str_eq(property, "DriverOverride"))
		return device->driver_override;
	if (str_eq(property, "VendorName"))
		return device->vendor_name;
	if (str_eq(property, "DeviceName"))
		return device->device_name;
	if (str_eq(property, "ClassName"))
		return device->class_name;
	if (str_eq(property, "PowerState"))
		return device->power_state;
	if (str_eq(property, "MdevType"))
		return device->mdev_type;
	if (str_eq(property, "MdevParent"))
		return device->mdev_parent;
	if (str_eq(property, "PhysFn"))
		return device->physfn;
	if (str_eq(property, "ResetDriver"))
		return device->reset_driver;
	if (str_eq(property, "ErrorState"))
		return error_state_to_string(device->errors.state);
	return NULL;
}

static int bus_device_get_string(sd_bus *connection, const char *path, const char *interface,
				 const char *property, sd_bus_message *reply, void *userdata,
				 sd_bus_error *error)
{
	return sd_bus_message_append(reply, "s",
				     str_or(bus_device_string(bus_object_bus(connection)->registry,
							      userdata, property),
					    ""));
}

/* Ids are strings of hex digits, as everywhere in this field: "8086", "020000". */
static int bus_device_get_id(sd_bus *connection, const char *path, const char *interface,
			     const char *property, sd_bus_message *reply, void *userdata,
			     sd_bus_error *error)
{
	const struct device *device = userdata;
	char text[8] = "";

	if (!device_is_pci(device))
		return sd_bus_message_append(reply, "s", text);
	if (str_eq(property, "Class"))
		snprintf(text, sizeof(text), "%06x", device->class_code & 0xffffffu);
	else if (str_eq(property, "Vendor"))
		snprintf(text, sizeof(text), "%04x", device->vendor);
	else if (str_eq(property, "Device"))
		snprintf(text, sizeof(text), "%04x", device->device);
	else if (str_eq(property, "SubsystemVendor"))
		snprintf(text, sizeof(text), "%04x", device->subsystem_vendor);
	else
		snprintf(text, sizeof(text), "%04x", device->subsystem_device);
	return sd_bus_message_append(reply, "s", text);
}

static int bus_device_get_number(sd_bus *connection, const char *path, const char *interface,
				 const char *property, sd_bus_message *reply, void *userdata,
				 sd_bus_error *error)
{
	const struct device *device = userdata;

	return sd_bus_message_append(reply, "i",
				     str_eq(property, "IommuGroup") ? device->iommu_group :
								      device->numa_node);
}

static int bus_device_get_num_vfs(sd_bus *connection, const char *path, const char *interface,
				  const char *property, sd_bus_message *reply, void *userdata,
				  sd_bus_error *error)
{
	const struct device *device = userdata;

	return sd_bus_message_append(reply, "u", (uint32_t)device->num_vfs);
}

static int bus_device_get_reset_required(sd_bus *connection, const char *path,
					 const char *interface, const char *property,
					 sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct device *device = userdata;

	return sd_bus_message_append(reply, "b", (int)device->reset_required);
}

static int bus_device_get_list(sd_bus *connection, const char *path, const char *interface,
			       const char *property, sd_bus_message *reply, void *userdata,
			       sd_bus_error *error)
{
	const struct device *device = userdata;

	return sd_bus_message_append_strv(reply, str_eq(property, "Interfaces") ?
							 device->interfaces :
							 device->reset_methods);
}

static int bus_device_append_cause(sd_bus_message *reply, const struct inventory *inv,
				   const struct device *device, const struct isolation_cause *cause)
{
	_cleanup_free_ char *text = isolation_text(inv, device, cause);

	return text ? sd_bus_message_append(reply, "(sss)", isolation_code_to_string(cause->code),
					    cause->peer, text) :
		      -ENOMEM;
}

static int bus_device_get_isolation(sd_bus *connection, const char *path, const char *interface,
				    const char *property, sd_bus_message *reply, void *userdata,
				    sd_bus_error *error)
{
	const struct device *device = userdata;
	const struct registry *registry = bus_object_bus(connection)->registry;
	const struct inventory *inv = host_inventory(registry_host(registry));
	_cleanup_isolation_ struct vec causes = { 0 };
	int r = isolation_find(inv, device, &causes);

	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "(sss)");
	VEC_FOREACH(const struct isolation_cause, cause, &causes)
		if (r >= 0)
			r = bus_device_append_cause(reply, inv, device, cause);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* Not signalled: they change with quirks.d alone. */
static int bus_device_get_hints(sd_bus *connection, const char *path, const char *interface,
				const char *property, sd_bus_message *reply, void *userdata,
				sd_bus_error *error)
{
	const struct device *device = userdata;
	const struct registry *registry = bus_object_bus(connection)->registry;
	const struct inventory *inv = host_inventory(registry_host(registry));
	_cleanup_quirks_hints_ struct vec hints = { 0 };
	int r = quirks_hints(registry_quirks(registry), inv, device, &hints);

	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "{ss}");
	VEC_FOREACH(const struct quirk_hint, hint, &hints)
		if (r >= 0)
			r = sd_bus_message_append(reply, "{ss}", hint->name, hint->value);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* Empty where the kernel does not count. */
static int bus_device_get_error_counts(sd_bus *connection, const char *path, const char *interface,
				       const char *property, sd_bus_message *reply, void *userdata,
				       sd_bus_error *error)
{
	const struct device_errors *errors = &((const struct device *)userdata)->errors;

	if (!errors->counted)
		return sd_bus_message_append(reply, "a{st}", 0);
	return sd_bus_message_append(reply, "a{st}", 3, "correctable", errors->correctable,
				     "nonfatal", errors->nonfatal, "fatal", errors->fatal);
}

/* --- what it is to its user: facts --- */

static int bus_device_find_facts(sd_bus *connection, const struct device *device, const char *part,
				 struct vec *ret)
{
	const struct registry *registry = bus_object_bus(connection)->registry;

	return device_facts_get(host_inventory(registry_host(registry)), device, part, ret);
}

/* Signalled where VFIO was asked anew; the rest changes with other devices too. */
static int bus_device_get_facts(sd_bus *connection, const char *path, const char *interface,
				const char *property, sd_bus_message *reply, void *userdata,
				sd_bus_error *error)
{
	static const char *const parts[][2] = {
		{ "DmaFacts", "dma" },
		{ "MmioFacts", "mmio" },
		{ "PasidFacts", "pasid" },
		{ "VirtualCapabilities", "virtual-capabilities" },
	};
	_cleanup_facts_ struct vec facts = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (str_eq(parts[i][0], property) &&
		    bus_device_find_facts(connection, userdata, parts[i][1], &facts) < 0)
			return -ENOMEM;
	return bus_facts_append(reply, &facts);
}

/* a(tts): first, last, and what that is. */
static int bus_device_get_ranges(sd_bus *connection, const char *path, const char *interface,
				 const char *property, sd_bus_message *reply, void *userdata,
				 sd_bus_error *error)
{
	bool reserved = str_eq(property, "ReservedRegions");
	_cleanup_facts_ struct vec facts = { 0 };
	const struct fact *list;
	int r = bus_device_find_facts(connection, userdata, "dma", &facts);

	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "(tts)");
	list = facts_find(&facts, reserved ? "reserved" : "windows");
	for (size_t i = 0; r >= 0 && list && i < list->items.n; i++) {
		const struct vec *item = &((const struct fact *)list->items.items[i])->items;

		r = sd_bus_message_append(reply, "(tts)", facts_number(item, "first"),
					  facts_number(item, "last"),
					  facts_text(item, reserved ? "type" : "kind"));
	}
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* a(sssus): id, name, description, how many more can be made, what its user sees. */
static int bus_device_get_mdev_types(sd_bus *connection, const char *path, const char *interface,
				     const char *property, sd_bus_message *reply, void *userdata,
				     sd_bus_error *error)
{
	const struct device *device = userdata;
	int r = sd_bus_message_open_container(reply, 'a', "(sssus)");

	VEC_FOREACH(const struct mdev_type, type, &device->mdev_types)
		if (r >= 0)
			r = sd_bus_message_append(reply, "(sssus)", type->id,
						  str_or(type->name, ""),
						  str_or(type->description, ""), type->available,
						  str_or(type->api, ""));
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

static const sd_bus_vtable bus_device_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Address", "s", bus_device_get_string, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Bus", "s", bus_device_get_string, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("IommuGroup", "i", bus_device_get_number, 0, CHANGES),
	SD_BUS_PROPERTY("Driver", "s", bus_device_get_string, 0, CHANGES),
	SD_BUS_PROPERTY("HostDriver", "s", bus_device_get_string, 0, CHANGES),
	SD_BUS_PROPERTY("DriverOverride", "s", bus_device_get_string, 0, CHANGES),
	SD_BUS_PROPERTY("Vendor", "s", bus_device_get_id, 0, CHANGES),
	SD_BUS_PROPERTY("Device", "s", bus_device_get_id, 0, CHANGES),
	SD_BUS_PROPERTY("SubsystemVendor", "s", bus_device_get_id, 0, CHANGES),
	SD_BUS_PROPERTY("SubsystemDevice", "s", bus_device_get_id, 0, CHANGES),
	SD_BUS_PROPERTY("Class", "s", bus_device_get_id, 0, CHANGES),
	SD_BUS_PROPERTY("VendorName", "s", bus_device_get_string, 0, CHANGES),
	SD_BUS_PROPERTY("DeviceName", "s", bus_device_get_string, 0, CHANGES),
	SD_BUS_PROPERTY("ClassName", "s", bus_device_get_string, 0, CHANGES),
	SD_BUS_PROPERTY("Interfaces", "as", bus_device_get_list, 0, CHANGES),
	SD_BUS_PROPERTY("ResetMethods", "as", bus_device_get_list, 0, CHANGES),
	SD_BUS_PROPERTY("ResetRequired", "b", bus_device_get_reset_required, 0, CHANGES),
	SD_BUS_PROPERTY("ResetDriver", "s", bus_device_get_string, 0, CHANGES),
	SD_BUS_PROPERTY("Isolation", "a(sss)", bus_device_get_isolation, 0, CHANGES),
	SD_BUS_PROPERTY("VmmHints", "a{ss}", bus_device_get_hints, 0, 0),
	SD_BUS_PROPERTY("DmaWindows", "a(tts)", bus_device_get_ranges, 0, CHANGES),
	SD_BUS_PROPERTY("ReservedRegions", "a(tts)", bus_device_get_ranges, 0, 0),
	SD_BUS_PROPERTY("DmaFacts", "a{sv}", bus_device_get_facts, 0, CHANGES),
	SD_BUS_PROPERTY("MmioFacts", "a{sv}", bus_device_get_facts, 0, CHANGES),
	SD_BUS_PROPERTY("PasidFacts", "a{sv}", bus_device_get_facts, 0, 0),
	SD_BUS_PROPERTY("VirtualCapabilities", "a{sv}", bus_device_get_facts, 0, 0),
	SD_BUS_PROPERTY("PowerState", "s", bus_device_get_string, 0, CHANGES),
	SD_BUS_PROPERTY("NumaNode", "i", bus_device_get_number, 0, CHANGES),
	SD_BUS_PROPERTY("PhysFn", "s", bus_device_get_string, 0, CHANGES),
	SD_BUS_PROPERTY("NumVfs", "u", bus_device_get_num_vfs, 0, 0),
	SD_BUS_PROPERTY("MdevTypes", "a(sssus)", bus_device_get_mdev_types, 0, CHANGES),
	SD_BUS_PROPERTY("MdevType", "s", bus_device_get_string, 0, CHANGES),
	SD_BUS_PROPERTY("MdevParent", "s", bus_device_get_string, 0, CHANGES),
	SD_BUS_PROPERTY("ErrorState", "s", bus_device_get_string, 0, CHANGES),
	SD_BUS_PROPERTY("ErrorCounts", "a{st}", bus_device_get_error_counts, 0, CHANGES),
	SD_BUS_VTABLE_END,
};

const struct bus_object bus_device_object = {
	.path = DG_DEVICE_PREFIX,
	.interface = DG_IFACE_DEVICE,
	.vtable = bus_device_vtable,
	.find = bus_device_find,
	.enumerate = bus_device_enumerate,
};
