/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A device: its memory, its order, and what is compared of it. */

#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/device.h"
#include "model/usage.h"

struct device *device_new(const char *bus, const char *address)
{
	_cleanup_device_ struct device *device = calloc(1, sizeof(*device));

	if (!device)
		return NULL;
	device->iommu_group = IOMMU_GROUP_NONE;
	device->numa_node = -1;
	device->vf_index = -1;
	device->port_type = -1;
	device->bus = strdup(bus);
	device->address = strdup(address);
	device->key = device_bus_key_new(bus, address);
	if (!device->bus || !device->address || !device->key)
		return NULL;
	return TAKE_PTR(device);
}

struct device *device_free(struct device *device)
{
	if (!device)
		return NULL;
	free(device->bus);
	free(device->address);
	free(device->key);
	free(device->sysfs);
	free(device->parent);
	free(device->dma_owner);
	free(device->driver);
	free(device->driver_override);
	free(device->vfio_driver);
	free(device->modalias);
	free(device->compatible);
	free(device->reset_driver);
	strv_free(device->reset_methods);
	free(device->power_state);
	strv_free(device->interfaces);
	strv_free(device->host_names);
	usage_list_clear(&device->usages);
	mdev_types_clear(&device->mdev_types);
	free(device->mdev_parent);
	free(device->mdev_type);
	strv_free(device->isolation);
	strv_free(device->reset_scope);
	free(device->source);
	free(device->vendor_name);
	free(device->device_name);
	free(device->class_name);
	free(device->serial);
	free(device->physfn);
	free(device->config);
	free(device->config_again);
	free(device->iommu);
	strv_free(device->vfio_info_lines);
	free(device);
	return NULL;
}

int device_cmp(const void *a, const void *b)
{
	const struct device *x = a, *y = b;
	int order = strcmp(x->bus, y->bus);
	const struct device_bus *bus;

	if (order)
		return order;
	bus = device_bus_find(x->bus);
	if (bus->compare)
		return bus->compare(x->address, y->address);
	return str_natural_cmp(x->address, y->address);
}

static bool device_equal_strings(const struct device *a, const struct device *b)
{
	return str_eq(a->key, b->key) && str_eq(a->sysfs, b->sysfs) &&
	       str_eq(a->parent, b->parent) && str_eq(a->driver, b->driver) &&
	       str_eq(a->driver_override, b->driver_override) &&
	       str_eq(a->vfio_driver, b->vfio_driver) && str_eq(a->modalias, b->modalias) &&
	       str_eq(a->power_state, b->power_state) && str_eq(a->physfn, b->physfn) &&
	       str_eq(a->compatible, b->compatible) && str_eq(a->reset_driver, b->reset_driver) &&
	       str_eq(a->serial, b->serial) && str_eq(a->iommu, b->iommu) &&
	       str_eq(a->dma_owner, b->dma_owner) &&
	       strv_equal(a->reset_methods, b->reset_methods) &&
	       strv_equal(a->interfaces, b->interfaces) &&
	       strv_equal(a->host_names, b->host_names) && strv_equal(a->isolation, b->isolation) &&
	       strv_equal(a->reset_scope, b->reset_scope) && str_eq(a->source, b->source) &&
	       str_eq(a->mdev_parent, b->mdev_parent) && str_eq(a->mdev_type, b->mdev_type);
}

static bool device_equal_ids(const struct device *a, const struct device *b)
{
	return a->vendor == b->vendor && a->device == b->device &&
	       a->subsystem_vendor == b->subsystem_vendor &&
	       a->subsystem_device == b->subsystem_device && a->class_code == b->class_code &&
	       a->revision == b->revision && a->header_type == b->header_type;
}

bool device_equal(const struct device *a, const struct device *b)
{
	return device_equal_strings(a, b) && device_equal_ids(a, b) &&
	       a->iommu_group == b->iommu_group && a->has_override == b->has_override &&
	       a->bind_hangs == b->bind_hangs && a->vfio_open == b->vfio_open &&
	       a->no_reset == b->no_reset && a->shares_msi == b->shares_msi &&
	       a->awaits_group == b->awaits_group && a->reset_required == b->reset_required &&
	       mdev_types_equal(&a->mdev_types, &b->mdev_types) && a->numa_node == b->numa_node &&
	       a->port_type == b->port_type && a->vf_index == b->vf_index &&
	       a->num_vfs == b->num_vfs && a->total_vfs == b->total_vfs &&
	       memcmp(a->resources, b->resources, sizeof(a->resources)) == 0;
}

static char *device_describe_other(const struct device *device)
{
	const struct device_bus *bus = device_bus_find(device->bus);

	if (device->mdev_type)
		return str_printf("%s of %s", device->mdev_type, str_or(device->mdev_parent, "?"));
	if (!bus->name)
		return str_printf("%s device", device->bus);
	return strdup(bus->noun);
}

char *device_describe(const struct device *device)
{
	if (!device_is_pci(device))
		return device_describe_other(device);
	if (device->vendor_name && device->device_name)
		return str_printf("%s %s", device->vendor_name, device->device_name);
	return str_printf("%s [%04x:%04x]", str_or(device->class_name, "PCI device"),
			  device->vendor, device->device);
}

bool device_is_companion_of(const struct device *device, const struct device *other)
{
	struct pciaddr a, b;

	return device_is_pci(device) && device_class_is_usb_companion(device->class_code) &&
	       device_is_pci(other) && device_class_is_ehci(other->class_code) &&
	       pciaddr_parse(device->address, &a) >= 0 && pciaddr_parse(other->address, &b) >= 0 &&
	       pciaddr_same_slot(&a, &b);
}
