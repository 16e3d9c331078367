/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <sys/utsname.h>

#include "base/strv.h"
#include "fake-tree.h"
#include "policy/assess/resolve.h"
#include "sys/probe/probe-host.h"
#include "sys/probe/probe-vfio.h"

static struct probe *probe;

static void make_pci_device(const char *place, const char *address, const char *driver,
			    unsigned group)
{
	_cleanup_free_ char *base = str_printf("sys/devices/pci0000:00/%s", place);
	_cleanup_free_ char *link = str_printf("sys/bus/pci/devices/%s", address);
	_cleanup_free_ char *target = str_printf("../../../devices/pci0000:00/%s", place);
	static const char *const files[][2] = {
		{ "vendor", "0x8086\n" },
		{ "device", "0x10d3\n" },
		{ "class", "0x020000\n" },
		{ "driver_override", "(null)\n" },
		{ "reset_method", "pm bus\n" },
		{ "reset", "" },
		{ "numa_node", "-1\n" },
		{ "power_state", "D0\n" },
		{ "enable", "0\n" },
		{ "modalias", "pci:v00008086d000010D3\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *path = str_printf("%s/%s", base, files[i][0]);

		make_file(path, files[i][1]);
	}
	if (driver) {
		_cleanup_free_ char *path = str_printf("%s/driver", base);
		_cleanup_free_ char *to = str_printf("../bus/pci/drivers/%s", driver);

		make_link(path, to);
	}
	if (group) {
		_cleanup_free_ char *path = str_printf("%s/iommu_group", base);
		_cleanup_free_ char *to = str_printf("../kernel/iommu_groups/%u", group);
		_cleanup_free_ char *type = str_printf("sys/kernel/iommu_groups/%u/type", group);

		make_link(path, to);
		make_file(type, "DMA\n");
	}
	make_link(link, target);
}

static void set_up(void)
{
	fake_tree_make();
	ck_assert_int_eq(probe_new(&root, &probe), 0);
	make_pci_device("0000:00:03.0", "0000:00:03.0", "pcieport", 5);
	make_pci_device("0000:00:03.0/0000:01:00.0", "0000:01:00.0", "e1000e", 9);
	make_pci_device("0000:00:1f.0", "0000:00:1f.0", NULL, 0);
}

static void tear_down(void)
{
	probe = probe_free(probe);
	fake_tree_remove();
}

static void check_interfaces(bool iommufd, bool devices)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();

	ck_assert_int_eq(str_set(&inv->kernel_release, "6.9-test"), 0);
	ck_assert_int_eq(probe_vfio(&root, inv), 0);
	ck_assert_int_eq(inv->has_iommufd, iommufd);
	ck_assert_int_eq(inv->has_vfio_cdev, devices);
}

/* A loaded module has device numbers. Before that, only the kernel's configuration tells. */
START_TEST(test_interfaces_of_vfio)
{
	check_interfaces(false, false);
	make_file("boot/config-6.9-test",
		  "# CONFIG_IOMMUFD is not set\nCONFIG_VFIO_DEVICE_CDEV=y\n");
	check_interfaces(false, false);
	make_file("boot/config-6.9-test",
		  "CONFIG_IOMMUFD=m\n# CONFIG_VFIO_DEVICE_CDEV is not set\n");
	check_interfaces(true, false);
	make_file("boot/config-6.9-test", "CONFIG_IOMMUFD=m\nCONFIG_VFIO_DEVICE_CDEV=y\n");
	check_interfaces(true, true);
	make_file("proc/devices", "Character devices:\n  4 tty\n244 vfio\n");
	make_file("dev/iommu", "");
	check_interfaces(true, false);
	make_file("proc/devices", "Character devices:\n  4 tty\n244 vfio\n243 vfio-dev\n");
	check_interfaces(true, true);
}
END_TEST

START_TEST(test_attributes_of_the_module)
{
	_cleanup_inventory_ struct inventory *inv = NULL;

	make_file("sys/devgroups/9/members/0000:01:00.0/pasid", "1048576\n");
	make_file("sys/devgroups/9/members/0000:01:00.0/isolation", "");
	make_file("sys/devgroups/9/isolated_msi", "0\n");
	make_file("sys/class/iommu/dmar0/intel-iommu/cap", "d2008c40660462\n");
	make_file("sys/class/iommu/dmar0/intel-iommu/ecap", "f050da\n");
	make_link("sys/devices/pci0000:00/0000:00:03.0/0000:01:00.0/iommu",
		  "../../../virtual/iommu/dmar0");
	ck_assert_int_eq(probe_host(probe, &inv), 0);
	ck_assert_str_eq(inv->iommus[0], "dmar0 intel-iommu cap d2008c40660462 ecap f050da");
	ck_assert_str_eq(inventory_find(inv, "0000:01:00.0")->iommu, "dmar0");
	ck_assert_str_eq(inventory_find(inv, "0000:01:00.0")->vfio_info_lines[0],
			 "module-pasid 1048576");
	ck_assert_ptr_null(inventory_find(inv, "0000:00:03.0")->vfio_info_lines);
	ck_assert(inventory_find(inv, "0000:01:00.0")->shares_msi);
	ck_assert(!inventory_find(inv, "0000:00:03.0")->shares_msi);
}
END_TEST

START_TEST(test_host_is_probed)
{
	_cleanup_inventory_ struct inventory *inv = NULL;
	const struct device *device;

	make_file("sys/bus/pci/slots/4-1/address", "0000:01:00\n");
	make_file("sys/bus/pci/slots/empty/power", "0\n");
	ck_assert_int_eq(probe_host(probe, &inv), 0);
	ck_assert_uint_eq(strv_length(inv->slots), 1);
	ck_assert_str_eq(inv->slots[0], "0000:01:00 4-1");
	ck_assert_uint_eq(inv->devices.n, 3);
	device = inventory_find(inv, "0000:01:00.0");
	ck_assert_str_eq(device->driver, "e1000e");
	ck_assert_str_eq(device->parent, "0000:00:03.0");
	ck_assert_str_eq(device->sysfs, "devices/pci0000:00/0000:00:03.0/0000:01:00.0");
	ck_assert_int_eq(device->iommu_group, 9);
	ck_assert_uint_eq(device->vendor, 0x8086);
	ck_assert_uint_eq(device->class_code, 0x020000);
	ck_assert(device->has_override);
	ck_assert_ptr_null(device->driver_override);
	ck_assert_uint_eq(strv_length(device->reset_methods), 2);
	ck_assert_int_eq(device->numa_node, -1);
	ck_assert_str_eq(inventory_find_group(inv, 9)->type, "DMA");
	device = inventory_find(inv, "0000:00:1f.0");
	ck_assert_ptr_null(device->driver);
	ck_assert_ptr_null(device->parent);
	ck_assert_int_eq(device->iommu_group, IOMMU_GROUP_NONE);
}
END_TEST

START_TEST(test_update_reports_changes)
{
	_cleanup_inventory_ struct inventory *inv = NULL;
	bool changed = true;

	ck_assert_int_eq(probe_host(probe, &inv), 0);
	ck_assert_int_eq(probe_update(probe, inv, "pci", "0000:01:00.0", &changed), 0);
	ck_assert(!changed);
	make_file("sys/devices/pci0000:00/0000:00:03.0/0000:01:00.0/driver_override", "vfio-pci\n");
	ck_assert_int_eq(probe_update(probe, inv, "pci", "0000:01:00.0", &changed), 0);
	ck_assert(changed);
	ck_assert_str_eq(inventory_find(inv, "0000:01:00.0")->driver_override, "vfio-pci");
}
END_TEST

START_TEST(test_removed_device_leaves_its_group)
{
	_cleanup_inventory_ struct inventory *inv = NULL;
	_cleanup_free_ char *link = str_printf("%s/sys/bus/pci/devices/0000:01:00.0", top);
	bool changed = false;

	ck_assert_int_eq(probe_host(probe, &inv), 0);
	unlink(link);
	ck_assert_int_eq(probe_update(probe, inv, "pci", "0000:01:00.0", &changed), 0);
	ck_assert(changed);
	ck_assert_ptr_null(inventory_find(inv, "0000:01:00.0"));
	ck_assert_ptr_null(inventory_find_group(inv, 9));
	ck_assert_int_eq(probe_update(probe, inv, "pci", "0000:01:00.0", &changed), 0);
	ck_assert(!changed);
}
END_TEST

START_TEST(test_virtual_functions_are_counted_by_their_links)
{
	_cleanup_inventory_ struct inventory *inv = NULL;
	const char *pf = "sys/devices/pci0000:00/0000:00:03.0/0000:01:00.0";
	_cleanup_free_ char *total = str_printf("%s/sriov_totalvfs", pf);
	_cleanup_free_ char *first = str_printf("%s/virtfn0", pf);
	_cleanup_free_ char *second = str_printf("%s/virtfn1", pf);

	make_file(total, "7\n");
	make_link(first, "../0000:01:10.0");
	make_link(second, "../0000:01:10.2");
	make_pci_device("0000:00:03.0/0000:01:10.2", "0000:01:10.2", NULL, 12);
	make_link("sys/devices/pci0000:00/0000:00:03.0/0000:01:10.2/physfn", "../0000:01:00.0");
	ck_assert_int_eq(probe_host(probe, &inv), 0);
	ck_assert_uint_eq(inventory_find(inv, "0000:01:00.0")->total_vfs, 7);
	ck_assert_uint_eq(inventory_find(inv, "0000:01:00.0")->num_vfs, 2);
	ck_assert_str_eq(inventory_find(inv, "0000:01:10.2")->physfn, "0000:01:00.0");
	ck_assert_int_eq(inventory_find(inv, "0000:01:10.2")->vf_index, 1);
}
END_TEST

/* Parents are a device that is no PCI function, and a PCI function. */
START_TEST(test_mediated_devices_are_found)
{
	static const char uuid[] = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";
	_cleanup_inventory_ struct inventory *inv = NULL;
	_cleanup_free_ char *place = str_printf("sys/devices/virtual/mtty/mtty/%s", uuid),
			    *type = NULL, *link = NULL, *group = NULL;
	_cleanup_free_ char *key = str_printf("mdev:%s", uuid), *subsystem = NULL, *target = NULL,
			    *member = NULL;
	const struct device *device;
	bool changed;

	make_file("sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2/available_instances",
		  "11\n");
	make_file("sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2/name",
		  "Dual port serial\n");
	make_file("sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2/device_api",
		  "vfio-pci\n");
	make_link("sys/class/mdev_bus/mtty", "../../devices/virtual/mtty/mtty");
	make_file("sys/devices/pci0000:00/0000:00:03.0/0000:01:00.0/mdev_supported_types/nv-1/"
		  "description",
		  "a\nb\n");
	make_link("sys/class/mdev_bus/0000:01:00.0",
		  "../../devices/pci0000:00/0000:00:03.0/0000:01:00.0");
	type = str_printf("%s/mdev_type", place);
	make_link(type, "../mdev_supported_types/mtty-2");
	subsystem = str_printf("%s/subsystem", place);
	make_link(subsystem, "../../../../../bus/mdev");
	link = str_printf("sys/bus/mdev/devices/%s", uuid);
	target = str_printf("../../../devices/virtual/mtty/mtty/%s", uuid);
	make_link(link, target);
	group = str_printf("%s/iommu_group", place);
	make_link(group, "../../../../../kernel/iommu_groups/20");
	member = str_printf("sys/kernel/iommu_groups/20/devices/%s", uuid);
	make_link(member,
		  "../../../../devices/virtual/mtty/mtty/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
	ck_assert_int_eq(probe_host(probe, &inv), 0);
	ck_assert_uint_eq(inv->devices.n, 5);
	device = inventory_find(inv, "mdev_bus:mtty");
	ck_assert_uint_eq(device->mdev_types.n, 1);
	ck_assert_str_eq(mdev_types_find(&device->mdev_types, "mtty-2")->name, "Dual port serial");
	ck_assert_uint_eq(mdev_types_find(&device->mdev_types, "mtty-2")->available, 11);
	device = inventory_find(inv, "0000:01:00.0");
	ck_assert_str_eq(mdev_types_find(&device->mdev_types, "nv-1")->description, "a\nb");
	device = inventory_find(inv, key);
	ck_assert_str_eq(device->mdev_type, "mtty-2");
	ck_assert_str_eq(device->mdev_parent, "mdev_bus:mtty");
	ck_assert_int_eq(device->iommu_group, 20);
	make_file("sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2/available_instances",
		  "10\n");
	ck_assert_int_eq(probe_update(probe, inv, "mdev_bus", "mtty", &changed), 0);
	ck_assert(changed);
}
END_TEST

/* --- devices that VFIO resets, or not --- */

#define MMIO "a000000.virtio_mmio"

static void make_platform_device(void)
{
	make_link("sys/bus/platform/devices/" MMIO, "../../../devices/platform/" MMIO);
	make_file("sys/devices/platform/" MMIO "/driver_override", "(null)\n");
	make_file("sys/devices/platform/" MMIO "/of_node/compatible", "virtio,mmio");
	make_link("sys/devices/platform/" MMIO "/iommu_group", "../../../kernel/iommu_groups/1");
	make_link("sys/devices/platform/" MMIO "/subsystem", "../../../bus/platform");
	make_link("sys/kernel/iommu_groups/1/devices/" MMIO, "../../../../devices/platform/" MMIO);
}

static void make_module_file(const char *name, const char *text)
{
	_cleanup_free_ char *path = NULL;
	struct utsname kernel;

	ck_assert_int_eq(uname(&kernel), 0);
	path = str_printf("lib/modules/%s/%s", kernel.release, name);
	make_file(path, text);
}

/* Updates the device as an event does, and returns it. */
static const struct device *update_platform_device(struct inventory *inv)
{
	ck_assert_int_eq(probe_update(probe, inv, "platform", MMIO, NULL), 0);
	return inventory_find(inv, "platform:" MMIO);
}

START_TEST(test_reset_drivers_of_vfio)
{
	_cleanup_inventory_ struct inventory *inv = NULL;
	const struct device *device;

	make_platform_device();
	ck_assert_int_eq(probe_host(probe, &inv), 0);
	device = inventory_find(inv, "platform:" MMIO);
	ck_assert_ptr_nonnull(device);
	ck_assert_str_eq(device->compatible, "virtio,mmio");
	ck_assert_ptr_null(device->reset_driver);
	ck_assert_ptr_null(inventory_find(inv, "0000:01:00.0")->compatible);
	/* a longer name, a comment and another kind of alias do not count */
	make_module_file("modules.alias",
			 "# alias vfio-reset:virtio,mmio no\nalias vfio-reset:virtio,mmio2 two\n"
			 "alias of:N*T*Cvirtio,mmio virtio_mmio\n");
	ck_assert_ptr_null(update_platform_device(inv)->reset_driver);
	make_module_file(
		"modules.alias",
		"alias vfio-reset:virtio,mmio2 two\nalias vfio-reset:virtio,mmio lab_reset\n");
	ck_assert_str_eq(update_platform_device(inv)->reset_driver, "lab_reset");
	/* a blank ends the name of the module */
	make_module_file("modules.alias", "alias vfio-reset:virtio,mmio other_reset # note\n");
	ck_assert_str_eq(update_platform_device(inv)->reset_driver, "other_reset");
	make_module_file("modules.alias", "");
	ck_assert_ptr_null(update_platform_device(inv)->reset_driver);
}
END_TEST

static void check_reset_required(struct inventory *inv, bool required)
{
	ck_assert_int_eq(update_platform_device(inv)->reset_required, required);
}

START_TEST(test_whether_vfio_requires_a_reset)
{
	_cleanup_inventory_ struct inventory *inv = NULL;

	make_platform_device();
	ck_assert_int_eq(probe_host(probe, &inv), 0);
	check_reset_required(inv, true);
	ck_assert(!inventory_find(inv, "0000:01:00.0")->reset_required);
	/* files of modprobe.d, in the order of modprobe */
	make_file("usr/lib/modprobe.d/50-vfio.conf",
		  "# options vfio-platform reset_required=0\noptions vfio reset_required=0\n");
	check_reset_required(inv, true);
	make_file("usr/lib/modprobe.d/50-vfio.conf",
		  "options vfio_platform \\\n\treset-required=n other=1\n");
	check_reset_required(inv, false);
	make_file("run/modprobe.d/60-vfio.conf", "options vfio-platform reset_required\n");
	check_reset_required(inv, true);
	make_file("etc/modprobe.d/60-vfio.conf", "");
	check_reset_required(inv, false);
	make_file("proc/cmdline", "quiet vfio-platform.reset_required=1\n");
	check_reset_required(inv, true);
	/* a loaded module ignores modprobe.d and the command line */
	make_file("sys/module/vfio_platform/parameters/reset_required", "N\n");
	check_reset_required(inv, false);
	make_file("sys/module/vfio_platform/parameters/reset_required", "Y\n");
	make_file("proc/cmdline", "quiet\n");
	check_reset_required(inv, true);
}
END_TEST

/* The device tree announces an IOMMU group. */
START_TEST(test_platform_device_awaits_its_group)
{
	_cleanup_inventory_ struct inventory *inv = NULL;
	const struct device *device;

	make_link("sys/bus/platform/devices/fe200000.dma",
		  "../../../devices/platform/fe200000.dma");
	make_file("sys/devices/platform/fe200000.dma/of_node/iommus", "");
	make_link("sys/bus/platform/devices/serial8250", "../../../devices/platform/serial8250");
	make_file("sys/devices/platform/serial8250/uevent", "");
	ck_assert_int_eq(probe_host(probe, &inv), 0);
	ck_assert_ptr_null(inventory_find(inv, "platform:serial8250"));
	device = inventory_find(inv, "platform:fe200000.dma");
	ck_assert_ptr_nonnull(device);
	ck_assert(resolve_awaits_iommu_group(inv, device));
	make_link("sys/devices/platform/fe200000.dma/iommu_group",
		  "../../../kernel/iommu_groups/31");
	ck_assert_int_eq(probe_update(probe, inv, "platform", "fe200000.dma", NULL), 0);
	device = inventory_find(inv, "platform:fe200000.dma");
	ck_assert(!resolve_awaits_iommu_group(inv, device));
}
END_TEST

START_TEST(test_empty_host_has_no_devices)
{
	_cleanup_inventory_ struct inventory *inv = NULL;

	tear_down();
	fake_tree_make();
	ck_assert_int_eq(probe_new(&root, &probe), 0);
	ck_assert_int_eq(probe_host(probe, &inv), 0);
	ck_assert_uint_eq(inv->devices.n, 0);
}
END_TEST

SUITE_WITH_FIXTURE("probe", set_up, tear_down, test_interfaces_of_vfio, test_host_is_probed,
		   test_attributes_of_the_module, test_update_reports_changes,
		   test_removed_device_leaves_its_group,
		   test_virtual_functions_are_counted_by_their_links,
		   test_mediated_devices_are_found, test_platform_device_awaits_its_group,
		   test_reset_drivers_of_vfio, test_whether_vfio_requires_a_reset,
		   test_empty_host_has_no_devices)
