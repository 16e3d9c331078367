/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Builds the inventory of a host for a unit test, in the words of the hardware: devices, bridges,
 * virtual functions, configuration space, and the definition of a group. Fails the test when
 * memory is short. Uses layers 0 and 1 alone, so that every test may include it.
 */

#include <stdint.h>
#include <stdlib.h>

#include <check.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/device.h"
#include "model/group-def.h"
#include "model/inventory.h"

#define HOST_BUILDER_CONFIG_SIZE 4096

/* Adds a device. Its IOMMU group comes into being with its first device. */
static inline struct device *host_builder_add_device(struct inventory *inv, const char *bus,
						     const char *address, int iommu_group)
{
	struct device *device = device_new(bus, address);

	ck_assert_ptr_nonnull(device);
	device->iommu_group = iommu_group;
	ck_assert_int_eq(inventory_put(inv, device), 0);
	return device;
}

/* Adds a PCI function below the bridge @parent, or on a root bus when @parent is NULL. */
static inline struct device *host_builder_add_pci(struct inventory *inv, const char *address,
						  const char *parent, int iommu_group)
{
	struct device *device = host_builder_add_device(inv, "pci", address, iommu_group);

	ck_assert_int_eq(str_set(&device->parent, parent), 0);
	return device;
}

static inline struct device *host_builder_add_bridge(struct inventory *inv, const char *address,
						     const char *parent, int iommu_group)
{
	struct device *bridge = host_builder_add_pci(inv, address, parent, iommu_group);

	bridge->class_code = 0x060400;
	bridge->header_type = 1;
	return bridge;
}

/* Makes @device the virtual function @index of @pf. */
static inline void host_builder_make_vf(struct device *device, const char *pf, int index)
{
	device->vf_index = index;
	ck_assert_int_eq(str_set(&device->physfn, pf), 0);
}

/* Sets the domain type of a group that has devices: "DMA-FQ", "identity". */
static inline void host_builder_set_group_type(struct inventory *inv, int id, const char *type)
{
	struct iommu_group *group = inventory_find_group(inv, id);

	ck_assert_ptr_nonnull(group);
	ck_assert_int_eq(str_set(&group->type, type), 0);
}

/* Returns the keys of @devices in their order, separated by blanks. The caller frees them. */
static inline char *host_builder_join_keys(const struct vec *devices)
{
	_cleanup_strv_ char **keys = NULL;

	VEC_FOREACH(const struct device, device, devices)
		ck_assert_int_eq(strv_add(&keys, device->key), 0);
	return strv_join(keys, " ");
}

/* --- configuration space --- */

static inline void host_builder_add_config(struct device *device, size_t size)
{
	device->config = calloc(1, size);
	ck_assert_ptr_nonnull(device->config);
	device->config_size = size;
}

static inline void host_builder_put_config32(struct device *device, size_t at, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		device->config[at + i] = (uint8_t)(value >> 8 * i);
}

/* Adds the configuration space of a PCI Express function of this type, without ACS. */
static inline void host_builder_add_express(struct device *device, unsigned type)
{
	host_builder_add_config(device, HOST_BUILDER_CONFIG_SIZE);
	device->config[0x06] = 0x10;
	device->config[0x34] = 0x40;
	device->config[0x40] = 0x10;
	device->config[0x42] = (uint8_t)(2 | type << 4);
}

/* --- definitions --- */

/* Returns the definition of a group that names @addresses, which blanks separate. */
static inline struct group_def *host_builder_define_group(const char *name, const char *addresses)
{
	struct group_def *def = group_def_new(name);
	_cleanup_strv_ char **list = NULL;

	ck_assert_ptr_nonnull(def);
	ck_assert_int_eq(strv_split(addresses, " ", &list), 0);
	STRV_FOREACH(address, list) {
		struct selector *selector = group_def_selector_new();

		ck_assert_ptr_nonnull(selector);
		ck_assert_int_eq(str_set(&selector->address, *address), 0);
		ck_assert_int_eq(vec_add(&def->selectors, selector), 0);
	}
	return def;
}
