/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <errno.h>

#include "base/str.h"
#include "model/device.h"
#include "model/record.h"

static void add_record_device(struct record *record, const char *address, int group,
			      const char *host_driver, const char *driver)
{
	_cleanup_device_ struct device *device = device_new("pci", address);

	device->iommu_group = group;
	ck_assert_int_eq(str_set(&device->driver, host_driver), 0);
	ck_assert_int_eq(record_add_device(record, device, driver), 0);
}

START_TEST(test_record_keeps_the_state_of_the_device)
{
	_cleanup_record_ struct record *record = record_new("nic0", "7");
	struct device *device = device_new("platform", "fe200000.dma");
	const struct record_device *copy;

	ck_assert_str_eq(record->group, "nic0");
	ck_assert_str_eq(record->lease, "7");
	device->iommu_group = 4;
	ck_assert_int_eq(str_set(&device->driver, "dma-pl330"), 0);
	ck_assert_int_eq(str_set(&device->driver_override, "other"), 0);
	ck_assert_int_eq(record_add_device(record, device, "vfio-platform"), 0);
	device_free(device);

	copy = record_find_device(record, "platform:fe200000.dma");
	ck_assert_ptr_nonnull(copy);
	ck_assert_str_eq(copy->bus, "platform");
	ck_assert_str_eq(copy->address, "fe200000.dma");
	ck_assert_str_eq(copy->host_driver, "dma-pl330");
	ck_assert_str_eq(copy->host_override, "other");
	ck_assert_str_eq(copy->driver, "vfio-platform");
	ck_assert_int_eq(copy->iommu_group, 4);
}
END_TEST

START_TEST(test_bridge_is_recorded_without_a_driver)
{
	_cleanup_record_ struct record *record = record_new("conv", "1");
	const struct record_device *bridge;

	add_record_device(record, "0000:04:00.0", 3, NULL, NULL);
	bridge = record_find_device(record, "0000:04:00.0");
	ck_assert_ptr_null(bridge->host_driver);
	ck_assert_ptr_null(bridge->host_override);
	ck_assert_ptr_null(bridge->driver);
	ck_assert_ptr_null(record_find_device(record, "0000:04:00.1"));
}
END_TEST

START_TEST(test_iommu_groups_are_listed_once)
{
	_cleanup_record_ struct record *record = record_new("many", "1");
	_cleanup_free_ int *none = NULL, *ids = NULL;
	size_t n = 99;

	ck_assert_int_eq(record_iommu_groups(record, &none, &n), 0);
	ck_assert_uint_eq(n, 0);
	add_record_device(record, "0000:01:00.0", 9, "igb", "vfio-pci");
	add_record_device(record, "0000:02:00.0", 3, "e1000", "vfio-pci");
	add_record_device(record, "0000:02:00.1", 9, "e1000", "vfio-pci");
	add_record_device(record, "0000:03:00.0", IOMMU_GROUP_NONE, NULL, NULL);
	add_record_device(record, "0000:04:00.0", 0, NULL, "vfio-pci");
	ck_assert_int_eq(record_iommu_groups(record, &ids, &n), 0);
	ck_assert_uint_eq(n, 3);
	ck_assert_int_eq(ids[0], 9);
	ck_assert_int_eq(ids[1], 3);
	ck_assert_int_eq(ids[2], 0);
}
END_TEST

START_TEST(test_enum_names_round_trip)
{
	enum record_phase phase = PHASE_CLAIMED;
	enum access_mode access = ACCESS_NODE;

	for (unsigned i = PHASE_CLAIMING; i <= PHASE_RELEASING; i++) {
		ck_assert_int_eq(record_phase_from_string(record_phase_to_string(i), &phase), 0);
		ck_assert_uint_eq(phase, i);
	}
	for (unsigned i = ACCESS_FD; i <= ACCESS_NODE; i++) {
		ck_assert_int_eq(record_access_from_string(record_access_to_string(i), &access), 0);
		ck_assert_uint_eq(access, i);
	}
	ck_assert_int_eq(record_phase_from_string("Claimed", &phase), -EINVAL);
	ck_assert_int_eq(record_access_from_string("", &access), -EINVAL);
	ck_assert_int_eq(phase, PHASE_RELEASING);
	ck_assert_int_eq(access, ACCESS_NODE);
}
END_TEST

SUITE("record", test_record_keeps_the_state_of_the_device, test_bridge_is_recorded_without_a_driver,
      test_iommu_groups_are_listed_once, test_enum_names_round_trip)
