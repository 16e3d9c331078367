/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The inventory: sorted devices and IOMMU groups that always agree with each other. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/inventory.h"

static void inventory_group_free(struct iommu_group *group)
{
	free(group->name);
	free(group->type);
	strv_free(group->reserved);
	strv_free(group->vfio_info_lines);
	vec_drop(&group->devices);
	free(group);
}

static DEFINE_VEC_CLEAR(inventory_clear_groups, struct iommu_group, inventory_group_free)
static DEFINE_VEC_CLEAR(inventory_clear_devices, struct device, device_free)

struct inventory *inventory_new(void)
{
	struct inventory *inv = calloc(1, sizeof(*inv));

	if (!inv)
		return NULL;
	inv->page_size = 4096;
	inv->interrupt_remapping = -1;
	return inv;
}

struct inventory *inventory_free(struct inventory *inv)
{
	if (!inv)
		return NULL;
	inventory_clear_groups(&inv->iommu_groups);
	inventory_clear_devices(&inv->devices);
	free(inv->source);
	free(inv->kernel_release);
	free(inv->acs_override);
	strv_free(inv->slots);
	strv_free(inv->iommus);
	strv_free(inv->notes);
	free(inv->kernel_module);
	free(inv);
	return NULL;
}

bool inventory_is_dump(const struct inventory *inv)
{
	return str_eq(inv->source, "lspci");
}

static int inventory_compare_group(const void *key, const void *item)
{
	unsigned id = *(const unsigned *)key, other = ((const struct iommu_group *)item)->id;

	return id < other ? -1 : id > other;
}

struct iommu_group *inventory_find_group(const struct inventory *inv, int id)
{
	unsigned key = (unsigned)id;
	ptrdiff_t i;

	if (id < 0)
		return NULL;
	i = vec_find_sorted(&inv->iommu_groups, &key, inventory_compare_group, NULL);
	return i < 0 ? NULL : inv->iommu_groups.items[i];
}

struct iommu_group *inventory_get_group(struct inventory *inv, unsigned id)
{
	struct iommu_group *group;
	size_t at;
	ptrdiff_t i = vec_find_sorted(&inv->iommu_groups, &id, inventory_compare_group, &at);

	if (i >= 0)
		return inv->iommu_groups.items[i];
	group = calloc(1, sizeof(*group));
	if (!group)
		return NULL;
	group->id = id;
	if (vec_insert(&inv->iommu_groups, at, group) < 0) {
		inventory_group_free(group);
		return NULL;
	}
	return group;
}

static ptrdiff_t inventory_find_index(const struct inventory *inv, const char *key, size_t *ret_at)
{
	struct device probe = { 0 };
	const char *colon = strchr(key, ':');
	_cleanup_free_ char *bus = NULL;
	const struct device_bus *row = device_bus_of_key(key);

	if (row->bare_key) {
		probe.bus = (char *)row->name;
		probe.address = (char *)key;
	} else if (colon) {
		bus = strndup(key, (size_t)(colon - key));
		if (!bus)
			return -1;
		probe.bus = bus;
		probe.address = (char *)colon + 1;
	} else {
		return -1;
	}
	return vec_find_sorted(&inv->devices, &probe, device_cmp, ret_at);
}

size_t inventory_index(const struct inventory *inv, const struct device *device)
{
	return (size_t)vec_find_sorted(&inv->devices, device, device_cmp, NULL);
}

struct device *inventory_find(const struct inventory *inv, const char *key)
{
	ptrdiff_t i = inventory_find_index(inv, key, NULL);

	return i < 0 ? NULL : inv->devices.items[i];
}

/* Removes @device from its group, and an empty group from the inventory, as the kernel does. */
static void inventory_leave_group(struct inventory *inv, struct device *device)
{
	struct iommu_group *group = inventory_find_group(inv, device->iommu_group);

	if (!group)
		return;
	vec_remove(&group->devices, device);
	if (group->devices.n == 0) {
		vec_remove(&inv->iommu_groups, group);
		inventory_group_free(group);
	}
}

static int inventory_join_group(struct inventory *inv, struct device *device)
{
	struct iommu_group *group;
	size_t at = 0;

	if (device->iommu_group < 0)
		return 0;
	group = inventory_get_group(inv, (unsigned)device->iommu_group);
	if (!group)
		return -ENOMEM;
	vec_find_sorted(&group->devices, device, device_cmp, &at);
	return vec_insert(&group->devices, at, device);
}

int inventory_set_group(struct inventory *inv, struct device *device, int id)
{
	int old = device->iommu_group, r;

	if (old == id)
		return 0;
	/* join first: it can fail, leaving cannot */
	device->iommu_group = id;
	r = inventory_join_group(inv, device);
	device->iommu_group = old;
	if (r < 0)
		return r;
	inventory_leave_group(inv, device);
	device->iommu_group = id;
	return 0;
}

/* Puts @device in the place of @old in their group: the group, and what was read of it, stays. */
static void inventory_swap_member(struct iommu_group *group, const struct device *old,
				  struct device *device)
{
	for (size_t i = 0; i < group->devices.n; i++)
		if (group->devices.items[i] == old)
			group->devices.items[i] = device;
}

/* Takes @device over in place of the device at @at, which has the same key. */
static int inventory_replace(struct inventory *inv, size_t at, struct device *device)
{
	struct device *old = inv->devices.items[at];
	struct iommu_group *group = inventory_find_group(inv, device->iommu_group);
	int r;

	if (group && old->iommu_group == device->iommu_group) {
		inventory_swap_member(group, old, device);
	} else {
		r = inventory_join_group(inv, device);
		if (r < 0)
			return r;
		inventory_leave_group(inv, old);
	}
	inv->devices.items[at] = device;
	device_free(old);
	return 0;
}

int inventory_put(struct inventory *inv, struct device *device)
{
	size_t at = 0;
	ptrdiff_t i = inventory_find_index(inv, device->key, &at);
	int r;

	if (i >= 0)
		return inventory_replace(inv, (size_t)i, device);
	r = vec_insert(&inv->devices, at, device);
	if (r < 0)
		return r;
	r = inventory_join_group(inv, device);
	if (r < 0) {
		vec_remove_at(&inv->devices, at);
		return r;
	}
	return 0;
}

bool inventory_remove(struct inventory *inv, const char *key)
{
	ptrdiff_t i = inventory_find_index(inv, key, NULL);
	struct device *device;

	if (i < 0)
		return false;
	device = vec_remove_at(&inv->devices, (size_t)i);
	inventory_leave_group(inv, device);
	device_free(device);
	return true;
}
