/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include "host-builder.h"
#include "model/device-name.h"

#define NIC "0000:02:00.0"
#define DISK "0000:05:00.0"
#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

/* A NIC and a disk below ports, a platform device and a mediated device. */
static struct inventory *make_host(void)
{
	struct inventory *inv = inventory_new();
	struct device *device;

	host_builder_add_bridge(inv, "0000:00:03.0", NULL, 1);
	ck_assert_int_eq(str_set(&inventory_find(inv, "0000:00:03.0")->sysfs,
				 "devices/pci0000:00/0000:00:03.0"),
			 0);
	device = host_builder_add_pci(inv, NIC, "0000:00:03.0", 12);
	ck_assert_int_eq(str_set(&device->sysfs, "devices/pci0000:00/0000:00:03.0/" NIC), 0);
	ck_assert_int_eq(strv_add(&device->interfaces, "net/ens2"), 0);
	device = host_builder_add_pci(inv, DISK, NULL, 13);
	ck_assert_int_eq(str_set(&device->sysfs, "devices/pci0000:00/" DISK), 0);
	ck_assert_int_eq(strv_add(&device->interfaces, "nvme/nvme1"), 0);
	host_builder_add_device(inv, "platform", "fe200000.dma", 14);
	host_builder_add_device(inv, "mdev", UUID, 15);
	return inv;
}

static void check_name(const char *name, const char *key)
{
	_cleanup_inventory_ struct inventory *inv = make_host();
	const struct device *device = device_name_find(inv, name);

	ck_assert_msg(str_eq(device ? device->key : NULL, key), "%s is %s, not %s", name,
		      device ? device->key : "nothing", str_or(key, "nothing"));
}

START_TEST(test_addresses)
{
	check_name(NIC, NIC);
	check_name("02:00.0", NIC);
	check_name("pci:" NIC, NIC);
	check_name("platform:fe200000.dma", "platform:fe200000.dma");
	check_name("fe200000.dma", "platform:fe200000.dma");
	check_name(UUID, "mdev:" UUID);
	check_name("83B8F4F2-509F-382F-3C1E-E6BFE0FA1001", "mdev:" UUID);
	check_name("02:00.1", NULL);
	check_name("", NULL);
}
END_TEST

START_TEST(test_interfaces_and_disks)
{
	check_name("ens2", NIC);
	check_name("net/ens2", NIC);
	check_name("nvme1", DISK);
	check_name("nvme1n1", DISK);
	check_name("/dev/nvme1n1", DISK);
	check_name("/dev/nvme1n1p2", DISK);
	check_name("nvme10n1", NULL);
	check_name("nvme1nx", NULL);
	check_name("ens", NULL);
	check_name("/dev/", NULL);
}
END_TEST

START_TEST(test_paths_in_sysfs)
{
	check_name("/sys/bus/pci/devices/" NIC, NIC);
	check_name("/sys/bus/pci/devices/" NIC "/", NIC);
	check_name("/sys/devices/pci0000:00/0000:00:03.0/" NIC "/net/ens2", NIC);
	check_name("/sys/devices/pci0000:00/0000:00:03.0", "0000:00:03.0");
	check_name("/sys/devices/pci0000:00/" DISK "/ata1/host0/block/sda", DISK);
	check_name("/sys/class/net/ens2", NIC);
	check_name("/sys/class/net/ens2/device", NIC);
	check_name("/sys/bus/mdev/devices/" UUID, "mdev:" UUID);
	check_name("/sys/kernel/iommu_groups/12/devices/" NIC, NIC);
	/* a device that is not there is not the bridge above it */
	check_name("/sys/devices/pci0000:00/0000:00:03.0/0000:02:00.1", NULL);
	check_name("/sys/class/net/ens9", NULL);
	check_name("/sys/", NULL);
}
END_TEST

START_TEST(test_iommu_groups)
{
	_cleanup_inventory_ struct inventory *inv = make_host();

	ck_assert_uint_eq(device_name_find_iommu_group(inv, "iommu:12")->id, 12);
	ck_assert_uint_eq(device_name_find_iommu_group(inv, "/dev/vfio/13")->id, 13);
	ck_assert_uint_eq(device_name_find_iommu_group(inv, "/sys/kernel/iommu_groups/14")->id, 14);
	ck_assert_ptr_null(device_name_find_iommu_group(inv, "iommu:99"));
	ck_assert_ptr_null(device_name_find_iommu_group(inv, "iommu:"));
	ck_assert_ptr_null(device_name_find_iommu_group(inv, "12"));
}
END_TEST

START_TEST(test_a_device_is_shown_with_its_interface)
{
	_cleanup_inventory_ struct inventory *inv = make_host();
	_cleanup_free_ char *nic = device_name_show(inventory_find(inv, NIC));
	_cleanup_free_ char *mdev = device_name_show(inventory_find(inv, "mdev:" UUID));

	ck_assert_str_eq(nic, NIC " (ens2)");
	ck_assert_str_eq(mdev, "mdev:" UUID);
}
END_TEST

SUITE("device-name", test_addresses, test_interfaces_and_disks, test_paths_in_sysfs,
      test_iommu_groups, test_a_device_is_shown_with_its_interface)
