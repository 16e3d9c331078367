/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.devgroups1.Device at /org/devgroups1/device/KEY, KEY with its bus: "pci:0000:01:00.0". */

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#include "bus/bus-facts.h"
#include "bus/bus-object.h"
#include "bus/bus-path.h"
#include "bus/bus-text.h"
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

/* --- single values; the vtable holds the offset of a field that is sent as it is --- */

BUS_DEFINE_GETTER(bus_device_get_host_driver, struct device *device, "s",
		  registry_host_driver(bus_object_bus(connection)->registry, device))
static int bus_device_get_host_names(sd_bus *connection, const char *path, const char *interface,
				     const char *property, sd_bus_message *reply, void *userdata,
				     sd_bus_error *error)
{
	const struct registry *registry = bus_object_bus(connection)->registry;

	return bus_text_append_strv(reply, registry_host_names(registry, userdata));
}

BUS_DEFINE_GETTER(bus_device_get_error_state, struct device *device, "s",
		  error_state_to_string(device->errors.state))
BUS_DEFINE_GETTER(bus_device_get_vf_index, struct device *device, "i", (int32_t)device->vf_index)
BUS_DEFINE_GETTER(bus_device_get_total_vfs, struct device *device, "u", (uint32_t)device->total_vfs)
BUS_DEFINE_GETTER(bus_device_get_num_vfs, struct device *device, "u", (uint32_t)device->num_vfs)
BUS_DEFINE_GETTER(bus_device_get_reset_required, struct device *device, "b",
		  (int)device->reset_required)

/* Appends an id as a string of @digits hex digits; an empty one for a device that is not on PCI. */
static int bus_device_append_id(sd_bus_message *reply, const struct device *device, int digits,
				unsigned id)
{
	char text[16] = "";

	if (device_is_pci(device))
		snprintf(text, sizeof(text), "%0*x", digits, id);
	return bus_text_append(reply, "s", text);
}

BUS_DEFINE_CALL_GETTER(bus_device_get_vendor, struct device *device,
		       bus_device_append_id(reply, device, 4, device->vendor))
BUS_DEFINE_CALL_GETTER(bus_device_get_device, struct device *device,
		       bus_device_append_id(reply, device, 4, device->device))
BUS_DEFINE_CALL_GETTER(bus_device_get_subsystem_vendor, struct device *device,
		       bus_device_append_id(reply, device, 4, device->subsystem_vendor))
BUS_DEFINE_CALL_GETTER(bus_device_get_subsystem_device, struct device *device,
		       bus_device_append_id(reply, device, 4, device->subsystem_device))
BUS_DEFINE_CALL_GETTER(bus_device_get_class, struct device *device,
		       bus_device_append_id(reply, device, 6, device->class_code & 0xffffffu))

/* --- lists --- */

static const struct inventory *bus_device_inventory(sd_bus *connection)
{
	return host_inventory(registry_host(bus_object_bus(connection)->registry));
}

static int bus_device_append_cause(sd_bus_message *reply, const struct inventory *inv,
				   const struct device *device, const struct isolation_cause *cause)
{
	_cleanup_free_ char *text = isolation_text(inv, device, cause);

	if (!text)
		return -ENOMEM;
	return bus_text_append(reply, "(sss)", isolation_code_to_string(cause->code), cause->peer,
			       text);
}

static int bus_device_get_isolation(sd_bus *connection, const char *path, const char *interface,
				    const char *property, sd_bus_message *reply, void *userdata,
				    sd_bus_error *error)
{
	const struct device *device = userdata;
	const struct inventory *inv = bus_device_inventory(connection);
	_cleanup_isolation_ struct vec causes = { 0 };
	int r;

	r = isolation_find(inv, device, &causes);
	if (r < 0)
		return r;
	r = sd_bus_message_open_container(reply, 'a', "(sss)");
	if (r < 0)
		return r;
	VEC_FOREACH(const struct isolation_cause, cause, &causes) {
		r = bus_device_append_cause(reply, inv, device, cause);
		if (r < 0)
			return r;
	}
	return sd_bus_message_close_container(reply);
}

/* The hints of quirks.d. Not signalled: they change only when those files change. */
static int bus_device_get_hints(sd_bus *connection, const char *path, const char *interface,
				const char *property, sd_bus_message *reply, void *userdata,
				sd_bus_error *error)
{
	const struct registry *registry = bus_object_bus(connection)->registry;
	_cleanup_quirks_hints_ struct vec hints = { 0 };
	int r;

	r = quirks_hints(registry_quirks(registry), bus_device_inventory(connection), userdata,
			 &hints);
	if (r < 0)
		return r;
	r = sd_bus_message_open_container(reply, 'a', "{ss}");
	if (r < 0)
		return r;
	VEC_FOREACH(const struct quirk_hint, hint, &hints) {
		r = bus_text_append(reply, "{ss}", hint->name, hint->value);
		if (r < 0)
			return r;
	}
	return sd_bus_message_close_container(reply);
}

/* Appends no entry if the kernel does not count errors. */
static int bus_device_get_error_counts(sd_bus *connection, const char *path, const char *interface,
				       const char *property, sd_bus_message *reply, void *userdata,
				       sd_bus_error *error)
{
	const struct device *device = userdata;
	const struct device_errors *errors = &device->errors;

	if (!errors->counted)
		return sd_bus_message_append(reply, "a{st}", 0);
	return sd_bus_message_append(reply, "a{st}", 3, "correctable", errors->correctable,
				     "nonfatal", errors->nonfatal, "fatal", errors->fatal);
}

/* Each type: id, name, description, how many more can be created, and the API of its user. */
static int bus_device_get_mdev_types(sd_bus *connection, const char *path, const char *interface,
				     const char *property, sd_bus_message *reply, void *userdata,
				     sd_bus_error *error)
{
	const struct device *device = userdata;
	int r;

	r = sd_bus_message_open_container(reply, 'a', "(sssus)");
	if (r < 0)
		return r;
	VEC_FOREACH(const struct mdev_type, type, &device->mdev_types) {
		r = bus_text_append(reply, "(sssus)", type->id, type->name, type->description,
				    type->available, type->api);
		if (r < 0)
			return r;
	}
	return sd_bus_message_close_container(reply);
}

/* --- facts --- */

/*
 * Appends the facts of one part as a{sv}. A change is signalled only for DMA and MMIO, after a
 * claim has asked VFIO again: facts also change with other devices.
 */
static int bus_device_append_facts(sd_bus *connection, sd_bus_message *reply,
				   const struct device *device, const char *part)
{
	_cleanup_facts_ struct vec facts = { 0 };
	int r;

	r = device_facts_get(bus_device_inventory(connection), device, part, &facts);
	if (r < 0)
		return r;
	return bus_facts_append(reply, &facts);
}

BUS_DEFINE_CALL_GETTER(bus_device_get_dma_facts, struct device *device,
		       bus_device_append_facts(connection, reply, device, "dma"))
BUS_DEFINE_CALL_GETTER(bus_device_get_mmio_facts, struct device *device,
		       bus_device_append_facts(connection, reply, device, "mmio"))
BUS_DEFINE_CALL_GETTER(bus_device_get_pasid_facts, struct device *device,
		       bus_device_append_facts(connection, reply, device, "pasid"))
BUS_DEFINE_CALL_GETTER(bus_device_get_virtual_capabilities, struct device *device,
		       bus_device_append_facts(connection, reply, device, "virtual-capabilities"))

static int bus_device_append_range(sd_bus_message *reply, const struct vec *range, const char *kind)
{
	return bus_text_append(reply, "(tts)", facts_number(range, "first"),
			       facts_number(range, "last"), facts_text(range, kind));
}

/*
 * Appends the list @name of the DMA facts as a(tts): first, last, and the fact @kind, which says
 * what the range is.
 */
static int bus_device_append_ranges(sd_bus *connection, sd_bus_message *reply,
				    const struct device *device, const char *name, const char *kind)
{
	_cleanup_facts_ struct vec facts = { 0 };
	const struct fact *list;
	int r;

	r = device_facts_get(bus_device_inventory(connection), device, "dma", &facts);
	if (r < 0)
		return r;
	list = facts_find(&facts, name);
	if (!list)
		return sd_bus_message_append(reply, "a(tts)", 0);
	r = sd_bus_message_open_container(reply, 'a', "(tts)");
	if (r < 0)
		return r;
	VEC_FOREACH(const struct fact, range, &list->items) {
		r = bus_device_append_range(reply, &range->items, kind);
		if (r < 0)
			return r;
	}
	return sd_bus_message_close_container(reply);
}

BUS_DEFINE_CALL_GETTER(bus_device_get_reserved_regions, struct device *device,
		       bus_device_append_ranges(connection, reply, device, "reserved", "type"))
BUS_DEFINE_CALL_GETTER(bus_device_get_dma_windows, struct device *device,
		       bus_device_append_ranges(connection, reply, device, "windows", "kind"))

#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

static const sd_bus_vtable bus_device_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Address", "s", bus_text_get, offsetof(struct device, address),
			SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Bus", "s", bus_text_get, offsetof(struct device, bus),
			SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("IommuGroup", "i", NULL, offsetof(struct device, iommu_group), CHANGES),
	SD_BUS_PROPERTY("Driver", "s", bus_text_get, offsetof(struct device, driver), CHANGES),
	SD_BUS_PROPERTY("HostDriver", "s", bus_device_get_host_driver, 0, CHANGES),
	SD_BUS_PROPERTY("HostNames", "as", bus_device_get_host_names, 0, CHANGES),
	SD_BUS_PROPERTY("DriverOverride", "s", bus_text_get,
			offsetof(struct device, driver_override), CHANGES),
	SD_BUS_PROPERTY("Vendor", "s", bus_device_get_vendor, 0, CHANGES),
	SD_BUS_PROPERTY("Device", "s", bus_device_get_device, 0, CHANGES),
	SD_BUS_PROPERTY("SubsystemVendor", "s", bus_device_get_subsystem_vendor, 0, CHANGES),
	SD_BUS_PROPERTY("SubsystemDevice", "s", bus_device_get_subsystem_device, 0, CHANGES),
	SD_BUS_PROPERTY("Class", "s", bus_device_get_class, 0, CHANGES),
	SD_BUS_PROPERTY("VendorName", "s", bus_text_get, offsetof(struct device, vendor_name),
			CHANGES),
	SD_BUS_PROPERTY("DeviceName", "s", bus_text_get, offsetof(struct device, device_name),
			CHANGES),
	SD_BUS_PROPERTY("ClassName", "s", bus_text_get, offsetof(struct device, class_name),
			CHANGES),
	SD_BUS_PROPERTY("Interfaces", "as", bus_text_get_strv, offsetof(struct device, interfaces),
			CHANGES),
	SD_BUS_PROPERTY("ResetMethods", "as", bus_text_get_strv,
			offsetof(struct device, reset_methods), CHANGES),
	SD_BUS_PROPERTY("ResetRequired", "b", bus_device_get_reset_required, 0, CHANGES),
	SD_BUS_PROPERTY("ResetDriver", "s", bus_text_get, offsetof(struct device, reset_driver),
			CHANGES),
	SD_BUS_PROPERTY("Isolation", "a(sss)", bus_device_get_isolation, 0, CHANGES),
	SD_BUS_PROPERTY("VmmHints", "a{ss}", bus_device_get_hints, 0, 0),
	SD_BUS_PROPERTY("DmaWindows", "a(tts)", bus_device_get_dma_windows, 0, CHANGES),
	SD_BUS_PROPERTY("ReservedRegions", "a(tts)", bus_device_get_reserved_regions, 0, 0),
	SD_BUS_PROPERTY("DmaFacts", "a{sv}", bus_device_get_dma_facts, 0, CHANGES),
	SD_BUS_PROPERTY("MmioFacts", "a{sv}", bus_device_get_mmio_facts, 0, CHANGES),
	SD_BUS_PROPERTY("PasidFacts", "a{sv}", bus_device_get_pasid_facts, 0, 0),
	SD_BUS_PROPERTY("VirtualCapabilities", "a{sv}", bus_device_get_virtual_capabilities, 0, 0),
	SD_BUS_PROPERTY("PowerState", "s", bus_text_get, offsetof(struct device, power_state),
			CHANGES),
	SD_BUS_PROPERTY("NumaNode", "i", NULL, offsetof(struct device, numa_node), CHANGES),
	SD_BUS_PROPERTY("PhysFn", "s", bus_text_get, offsetof(struct device, physfn), CHANGES),
	SD_BUS_PROPERTY("VfIndex", "i", bus_device_get_vf_index, 0, 0),
	SD_BUS_PROPERTY("TotalVfs", "u", bus_device_get_total_vfs, 0, 0),
	SD_BUS_PROPERTY("NumVfs", "u", bus_device_get_num_vfs, 0, 0),
	SD_BUS_PROPERTY("MdevTypes", "a(sssus)", bus_device_get_mdev_types, 0, CHANGES),
	SD_BUS_PROPERTY("MdevType", "s", bus_text_get, offsetof(struct device, mdev_type), CHANGES),
	SD_BUS_PROPERTY("MdevParent", "s", bus_text_get, offsetof(struct device, mdev_parent),
			CHANGES),
	SD_BUS_PROPERTY("ErrorState", "s", bus_device_get_error_state, 0, CHANGES),
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
