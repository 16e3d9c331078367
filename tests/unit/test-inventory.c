/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "host-builder.h"
#include "model/inventory.h"

#define ck_assert_devices(devices, expected)                                   \
	do {                                                                   \
		_cleanup_free_ char *actual = host_builder_join_keys(devices); \
                                                                               \
		ck_assert_str_eq(actual, expected);                            \
	} while (0)

START_TEST(test_put_keeps_devices_sorted)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();

	host_builder_add_pci(inv, "0000:0a:00.0", NULL, 3);
	host_builder_add_device(inv, "platform", "fe200000.dma", 1);
	host_builder_add_pci(inv, "0000:02:00.0", NULL, 3);
	host_builder_add_device(inv, "mdev", "aaaa", IOMMU_GROUP_NONE);
	host_builder_add_pci(inv, "10000:00:00.0", NULL, 2);
	ck_assert_devices(&inv->devices, "mdev:aaaa 0000:02:00.0 0000:0a:00.0 10000:00:00.0 "
					 "platform:fe200000.dma");
	ck_assert_uint_eq(inv->iommu_groups.n, 3);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(((struct iommu_group *)inv->iommu_groups.items[i])->id, i + 1);
	ck_assert_devices(&inventory_find_group(inv, 3)->devices, "0000:02:00.0 0000:0a:00.0");
}
END_TEST

START_TEST(test_find_by_key_and_number)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	struct device *nic = host_builder_add_pci(inv, "0000:01:00.0", NULL, 1);
	struct device *dma = host_builder_add_device(inv, "platform", "fe200000.dma", 2);

	ck_assert_ptr_eq(inventory_find(inv, "0000:01:00.0"), nic);
	ck_assert_ptr_eq(inventory_find(inv, "platform:fe200000.dma"), dma);
	ck_assert_ptr_null(inventory_find(inv, "0000:01:00.1"));
	ck_assert_ptr_null(inventory_find(inv, "mdev:fe200000.dma"));
	ck_assert_ptr_null(inventory_find(inv, "fe200000.dma"));
	ck_assert_ptr_null(inventory_find(inv, ""));
	ck_assert_ptr_null(inventory_find_group(inv, IOMMU_GROUP_NONE));
	ck_assert_ptr_null(inventory_find_group(inv, 3));
	ck_assert_uint_eq(inventory_find_group(inv, 2)->id, 2);
}
END_TEST

START_TEST(test_put_replaces_the_device)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	struct device *again;

	host_builder_add_pci(inv, "0000:01:00.0", NULL, 1);
	host_builder_add_pci(inv, "0000:01:00.1", NULL, 1);
	host_builder_set_group_type(inv, 1, "DMA");
	again = host_builder_add_pci(inv, "0000:01:00.0", NULL, 1);
	ck_assert_uint_eq(inv->devices.n, 2);
	ck_assert_ptr_eq(inventory_find(inv, "0000:01:00.0"), again);
	ck_assert_devices(&inventory_find_group(inv, 1)->devices, "0000:01:00.0 0000:01:00.1");
	ck_assert_str_eq(inventory_find_group(inv, 1)->type, "DMA");

	/* the only member is replaced: its group must survive */
	host_builder_add_pci(inv, "0000:02:00.0", NULL, 2);
	host_builder_set_group_type(inv, 2, "identity");
	host_builder_add_pci(inv, "0000:02:00.0", NULL, 2);
	ck_assert_str_eq(inventory_find_group(inv, 2)->type, "identity");
}
END_TEST

START_TEST(test_put_moves_device_between_groups)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();

	host_builder_add_pci(inv, "0000:01:00.0", NULL, 1);
	host_builder_add_pci(inv, "0000:01:00.1", NULL, 1);
	host_builder_add_pci(inv, "0000:01:00.0", NULL, 7);
	ck_assert_devices(&inventory_find_group(inv, 1)->devices, "0000:01:00.1");
	ck_assert_devices(&inventory_find_group(inv, 7)->devices, "0000:01:00.0");
	host_builder_add_pci(inv, "0000:01:00.1", NULL, IOMMU_GROUP_NONE);
	ck_assert_ptr_null(inventory_find_group(inv, 1));
	host_builder_add_pci(inv, "0000:01:00.1", NULL, 7);
	ck_assert_devices(&inventory_find_group(inv, 7)->devices, "0000:01:00.0 0000:01:00.1");
	ck_assert_uint_eq(inv->devices.n, 2);
	ck_assert_uint_eq(inv->iommu_groups.n, 1);
}
END_TEST

START_TEST(test_remove_drops_empty_groups)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();

	host_builder_add_pci(inv, "0000:01:00.0", NULL, 1);
	host_builder_add_pci(inv, "0000:01:00.1", NULL, 1);
	host_builder_add_pci(inv, "0000:02:00.0", NULL, IOMMU_GROUP_NONE);
	ck_assert(!inventory_remove(inv, "0000:03:00.0"));
	ck_assert(inventory_remove(inv, "0000:01:00.0"));
	ck_assert(!inventory_remove(inv, "0000:01:00.0"));
	ck_assert_devices(&inventory_find_group(inv, 1)->devices, "0000:01:00.1");
	ck_assert(inventory_remove(inv, "0000:01:00.1"));
	ck_assert_ptr_null(inventory_find_group(inv, 1));
	ck_assert(inventory_remove(inv, "0000:02:00.0"));
	ck_assert_uint_eq(inv->devices.n + inv->iommu_groups.n, 0);
}
END_TEST

START_TEST(test_long_numbers_stay_distinct)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();

	host_builder_add_device(inv, "platform", "x99999999999999999999998", 1);
	host_builder_add_device(inv, "platform", "x99999999999999999999999", 2);
	ck_assert_uint_eq(inv->devices.n, 2);
}
END_TEST

START_TEST(test_device_description)
{
	_cleanup_device_ struct device *nic = device_new("pci", "0000:01:00.0");
	_cleanup_device_ struct device *dma = device_new("platform", "fe200000.dma");
	_cleanup_free_ char *ids = NULL, *names = NULL, *other = NULL;

	nic->vendor = 0x8086;
	nic->device = 0x10d3;
	ids = device_describe(nic);
	ck_assert_ptr_nonnull(strstr(ids, "[8086:10d3]"));
	ck_assert_int_eq(str_set(&nic->vendor_name, "Intel"), 0);
	ck_assert_int_eq(str_set(&nic->device_name, "82574L"), 0);
	names = device_describe(nic);
	ck_assert_str_eq(names, "Intel 82574L");
	other = device_describe(dma);
	ck_assert_str_eq(other, "platform device");
	ck_assert(device_is_pci(nic) && !device_is_pci(dma));
}
END_TEST

SUITE("inventory", test_put_keeps_devices_sorted, test_find_by_key_and_number,
      test_put_replaces_the_device, test_put_moves_device_between_groups,
      test_remove_drops_empty_groups, test_long_numbers_stay_distinct, test_device_description)
