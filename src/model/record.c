/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The record of a lease: its memory, its devices, and its words. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/device.h"
#include "model/record.h"

struct record_device *record_device_new(const char *key)
{
	_cleanup_record_device_ struct record_device *device = calloc(1, sizeof(*device));

	if (!device)
		return NULL;
	device->iommu_group = IOMMU_GROUP_NONE;
	device->key = strdup(key);
	if (!device->key)
		return NULL;
	return TAKE_PTR(device);
}

struct record_device *record_device_free(struct record_device *device)
{
	if (!device)
		return NULL;
	free(device->key);
	free(device->bus);
	free(device->address);
	free(device->host_driver);
	free(device->host_override);
	strv_free(device->host_reset_methods);
	strv_free(device->host_names);
	strv_free(device->resets);
	free(device->driver);
	free(device);
	return NULL;
}

static DEFINE_VEC_CLEAR(record_clear_devices, struct record_device, record_device_free)

bool record_lease_valid(const char *lease)
{
	return strlen(lease) == 16 && strspn(lease, "0123456789abcdef") == 16;
}

struct record *record_new(const char *group, const char *lease)
{
	_cleanup_record_ struct record *record = calloc(1, sizeof(*record));

	if (!record)
		return NULL;
	record->group = strdup(group);
	record->lease = strdup(lease);
	if (!record->group || !record->lease)
		return NULL;
	return TAKE_PTR(record);
}

struct record *record_free(struct record *record)
{
	if (!record)
		return NULL;
	free(record->group);
	free(record->lease);
	free(record->unit);
	free(record->label);
	free(record->trouble);
	strv_free(record->forced);
	strv_free(record->kept);
	strv_free(record->vf_tokens);
	record_clear_devices(&record->devices);
	free(record);
	return NULL;
}

int record_add_device(struct record *record, const struct device *device, const char *driver)
{
	_cleanup_record_device_ struct record_device *copy = record_device_new(device->key);
	int r;

	if (!copy)
		return -ENOMEM;
	copy->iommu_group = device->iommu_group;
	if (str_set(&copy->bus, device->bus) < 0 || str_set(&copy->address, device->address) < 0 ||
	    str_set(&copy->host_driver, device->driver) < 0 ||
	    str_set(&copy->host_override, device->driver_override) < 0 ||
	    str_set(&copy->driver, driver) < 0)
		return -ENOMEM;
	r = strv_copy(device->reset_methods, &copy->host_reset_methods);
	if (r < 0)
		return r;
	r = strv_copy(device->host_names ? device->host_names : device->interfaces,
		      &copy->host_names);
	if (r < 0)
		return r;
	r = vec_add(&record->devices, copy);
	if (r < 0)
		return r;
	TAKE_PTR(copy);
	return 0;
}

struct record_device *record_find_device(const struct record *record, const char *key)
{
	VEC_FOREACH(struct record_device, device, &record->devices)
		if (str_eq(device->key, key))
			return device;
	return NULL;
}

void record_mark_used(struct record *record)
{
	VEC_FOREACH(struct record_device, member, &record->devices)
		member->clean = member->dirty = member->left = false;
}

int record_iommu_groups(const struct record *record, int **ret, size_t *ret_n)
{
	int *ids = calloc(record->devices.n + 1, sizeof(int));
	size_t n = 0;

	if (!ids)
		return -ENOMEM;
	VEC_FOREACH(const struct record_device, device, &record->devices) {
		bool known = device->iommu_group < 0;

		for (size_t i = 0; i < n && !known; i++)
			known = ids[i] == device->iommu_group;
		if (!known)
			ids[n++] = device->iommu_group;
	}
	*ret = ids;
	*ret_n = n;
	return 0;
}

static const char *const record_phase_words[] = { "claiming", "claimed", "releasing", "dirty" };
static const char *const record_access_words[] = { "fd", "node" };
static const char *const record_interface_words[] = { "auto", "group", "iommufd", "any" };

const char *record_phase_to_string(enum record_phase phase)
{
	return record_phase_words[phase];
}

const char *record_access_to_string(enum access_mode access)
{
	return record_access_words[access];
}

int record_phase_from_string(const char *s, enum record_phase *ret)
{
	int i = str_index(record_phase_words, ARRAY_SIZE(record_phase_words), s);

	if (i < 0)
		return i;
	*ret = (enum record_phase)i;
	return 0;
}

int record_access_from_string(const char *s, enum access_mode *ret)
{
	int i = str_index(record_access_words, ARRAY_SIZE(record_access_words), s);

	if (i < 0)
		return i;
	*ret = (enum access_mode)i;
	return 0;
}

const char *record_interface_to_string(enum vfio_interface interface)
{
	return record_interface_words[interface];
}

int record_interface_from_string(const char *s, enum vfio_interface *ret)
{
	int i = str_index(record_interface_words, ARRAY_SIZE(record_interface_words), s);

	if (i < 0)
		return i;
	*ret = (enum vfio_interface)i;
	return 0;
}
