/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "host-builder.h"
#include "model/config/def-set.h"
#include "policy/assess/resolve.h"
#include "policy/devinfo/pcicap.h"

/*
 * Selectors of devgroups.d(5), parsed from the text of a file. Each test changes a little of this
 * host:
 *
 *	00:1c.4 ─ 01:00.0 e1000e	00:1d.0 ─ 02:00.0 igb ─ VFs 02:10.0, 02:10.2
 *	00:1e.0 ─ 03:00.0 bridge ─ 04:01.0, 04:02.0 e1000, all of them in one IOMMU group
 */
static struct inventory *host;

static struct device *add_pci(const char *address, const char *parent, int group, uint16_t id)
{
	struct device *device = host_builder_add_pci(host, address, parent, group);

	device->vendor = 0x8086;
	device->device = id;
	device->subsystem_vendor = 0x1af4;
	device->subsystem_device = 0x1100;
	device->class_code = 0x020000;
	return device;
}

static void add_bridge(const char *address, const char *parent, int group)
{
	struct device *bridge = add_pci(address, parent, group, 0x3420);

	bridge->class_code = 0x060400;
	bridge->header_type = 1;
}

static void add_vf(const char *address, int index, int group)
{
	host_builder_make_vf(add_pci(address, "0000:00:1d.0", group, 0x10ca), "0000:02:00.0",
			     index);
}

static void make_host(void)
{
	host = inventory_new();
	ck_assert_ptr_nonnull(host);
	add_bridge("0000:00:1c.4", NULL, 1);
	add_bridge("0000:00:1d.0", NULL, 2);
	add_bridge("0000:00:1e.0", NULL, 3);
	add_pci("0000:01:00.0", "0000:00:1c.4", 11, 0x10d3);
	add_pci("0000:02:00.0", "0000:00:1d.0", 12, 0x10c9);
	add_vf("0000:02:10.0", 0, 13);
	add_vf("0000:02:10.2", 1, 14);
	add_bridge("0000:03:00.0", "0000:00:1e.0", 15);
	add_pci("0000:04:01.0", "0000:03:00.0", 15, 0x100e);
	add_pci("0000:04:02.0", "0000:03:00.0", 15, 0x100e);
}

static void free_host(void)
{
	host = inventory_free(host);
}

/* Resolves a group whose "devices" are @selectors. The caller clears *ret. */
static void resolve_selectors(const char *selectors, struct resolved_group *ret)
{
	_cleanup_free_ char *text =
		str_printf("{\"groups\":{\"g\":{\"devices\":[%s]}}}", selectors);
	_cleanup_def_set_ struct def_set *config = def_set_new();

	ck_assert(text && config);
	ck_assert_int_eq(parse_definitions(config, "test.json", text, strlen(text)), 0);
	ck_assert_uint_eq(config->problems.n, 0);
	ck_assert_int_eq(resolve_group(host, def_set_find_group(config, "g"), ret), 0);
}

/* Asserts that @selectors name the devices @keys, without a blocker. */
static void assert_named(const char *selectors, const char *keys)
{
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	_cleanup_free_ char *named = NULL;

	resolve_selectors(selectors, &resolved);
	named = host_builder_join_keys(&resolved.named);
	ck_assert_str_eq(named, keys);
	ck_assert_uint_eq(resolved.blockers.n, 0);
	ck_assert(!resolved.absent);
}

/*
 * Asserts that @selectors name no device, and give one hard blocker @code with @text in its text.
 */
static void assert_blocked(const char *selectors, const char *code, const char *text)
{
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	const struct blocker *blocker;

	resolve_selectors(selectors, &resolved);
	ck_assert_uint_eq(resolved.named.n, 0);
	ck_assert_uint_eq(resolved.blockers.n, 1);
	blocker = resolved.blockers.items[0];
	ck_assert(blocker->hard);
	ck_assert_str_eq(blocker->code, code);
	ck_assert_msg(strstr(blocker->text, text) != NULL, "%s", blocker->text);
	ck_assert(resolved.absent == str_eq(code, "absent"));
}

START_TEST(test_address_names_its_device)
{
	assert_named("\"01:00.0\"", "0000:01:00.0");
	assert_named("\"pci:0000:01:00.0\", \"0000:02:00.0\"", "0000:01:00.0 0000:02:00.0");
	assert_blocked("\"01:00.1\"", "absent", "0000:01:00.1");
	assert_blocked("\"platform:fe200000.dma\"", "absent", "platform:fe200000.dma");
}
END_TEST

START_TEST(test_companions_are_included)
{
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	_cleanup_free_ char *devices = NULL;

	resolve_selectors("\"04:01.0\"", &resolved);
	devices = host_builder_join_keys(&resolved.devices);
	ck_assert_uint_eq(resolved.named.n, 1);
	ck_assert_str_eq(devices, "0000:03:00.0 0000:04:01.0 0000:04:02.0");
	ck_assert_uint_eq(resolved.iommu_groups.n, 1);
}
END_TEST

START_TEST(test_replaced_card_is_an_identity_mismatch)
{
	assert_named("{\"address\": \"01:00.0\", \"vendor\": \"8086\", \"device\": \"10d3\"}",
		     "0000:01:00.0");
	assert_blocked("{\"address\": \"01:00.0\", \"device\": \"1533\"}", "identity-mismatch",
		       "device");
	assert_blocked("{\"address\": \"01:00.0\", \"vendor\": \"10de\"}", "identity-mismatch",
		       "vendor");
	assert_blocked("{\"address\": \"01:00.0\", \"subsystem-vendor\": \"8086\"}",
		       "identity-mismatch", "subsystem-vendor");
	assert_blocked("{\"address\": \"01:00.0\", \"subsystem-device\": \"1101\"}",
		       "identity-mismatch", "subsystem-device");
	assert_blocked("{\"address\": \"01:00.0\", \"class\": \"0108\"}", "identity-mismatch",
		       "class");
	assert_blocked("{\"path\": \"0000:00:1c.4/00.0\", \"device\": \"1533\"}",
		       "identity-mismatch", "device");
	assert_blocked("{\"vf-of\": \"02:00.0\", \"index\": 0, \"device\": \"1533\"}",
		       "identity-mismatch", "device");
}
END_TEST

START_TEST(test_path_survives_renumbered_buses)
{
	assert_named("{\"path\": \"0000:00:1c.4/00.0\"}", "0000:01:00.0");
	assert_named("{\"path\": \"0000:00:1e.0/00.0/02.0\"}", "0000:04:02.0");
	assert_named("{\"path\": \"0000:00:1c.4\"}", "0000:00:1c.4");
	/* neither a part of the path nor another path */
	assert_blocked("{\"path\": \"0000:00:1c.4/00.1\"}", "absent", "path=0000:00:1c.4/00.1");
	assert_blocked("{\"path\": \"0000:00:1e.0/02.0\"}", "absent", "path=");
	assert_blocked("{\"path\": \"0000:00:1d.0/00.0/00.0\"}", "absent", "path=");
	/* an address behind a bridge is not stable, so no path starts there */
	assert_blocked("{\"path\": \"0000:01:00.0\"}", "absent", "path=");

	/* a new card with a bridge at 00:1b.0 takes bus 1, and later buses move up */
	free_host();
	host = inventory_new();
	add_bridge("0000:00:1b.0", NULL, 4);
	add_pci("0000:01:00.0", "0000:00:1b.0", 10, 0x1533);
	add_bridge("0000:00:1c.4", NULL, 1);
	add_pci("0000:02:00.0", "0000:00:1c.4", 11, 0x10d3);
	assert_named("{\"path\": \"0000:00:1c.4/00.0\", \"device\": \"10d3\"}", "0000:02:00.0");
	assert_blocked("{\"address\": \"01:00.0\", \"vendor\": \"8086\", \"device\": \"10d3\"}",
		       "identity-mismatch", "device");
}
END_TEST

START_TEST(test_vf_is_found_by_its_index)
{
	assert_named("{\"vf-of\": \"02:00.0\", \"index\": 1}", "0000:02:10.2");
	assert_blocked("{\"vf-of\": \"02:00.0\", \"index\": 2}", "absent", "index=2");
	assert_blocked("{\"vf-of\": \"01:00.0\", \"index\": 0}", "absent", "vf-of=0000:01:00.0");
	/* at any address that the kernel assigned */
	ck_assert(inventory_remove(host, "0000:02:10.2"));
	add_vf("0000:03:12.6", 1, 14);
	assert_named("{\"vf-of\": \"02:00.0\", \"index\": 1}", "0000:03:12.6");
}
END_TEST

START_TEST(test_properties_name_every_match)
{
	assert_named("{\"device\": \"100e\"}", "0000:04:01.0 0000:04:02.0");
	assert_named("{\"device\": \"100e\", \"subsystem-device\": \"1100\"}",
		     "0000:04:01.0 0000:04:02.0");
	assert_blocked("{\"vendor\": \"10de\"}", "absent", "vendor=10de");
	assert_blocked("{\"device\": \"100e\", \"subsystem-vendor\": \"8086\"}", "absent", "100e");
	/* a device that two selectors match counts once */
	assert_named("{\"device\": \"100e\"}, \"04:01.0\"", "0000:04:01.0 0000:04:02.0");
}
END_TEST

START_TEST(test_class_matches_as_a_prefix)
{
	inventory_find(host, "0000:01:00.0")->class_code = 0x010802;
	assert_named("{\"class\": \"01\"}", "0000:01:00.0");
	assert_named("{\"class\": \"0108\"}", "0000:01:00.0");
	assert_named("{\"class\": \"010802\"}", "0000:01:00.0");
	assert_blocked("{\"class\": \"010803\"}", "absent", "class=010803");
	assert_blocked("{\"class\": \"0106\"}", "absent", "class=0106");
}
END_TEST

START_TEST(test_nth_counts_in_the_order_of_the_bus)
{
	assert_named("{\"device\": \"100e\", \"nth\": 0}", "0000:04:01.0");
	assert_named("{\"device\": \"100e\", \"nth\": 1}", "0000:04:02.0");
	assert_blocked("{\"device\": \"100e\", \"nth\": 2}", "absent", "nth=2");
	assert_named("{\"bus\": \"pci\", \"class\": \"02\", \"nth\": 1}", "0000:02:00.0");
}
END_TEST

/* --- serial numbers --- */

/* Gives the device an ACS capability, followed by that of the serial number. */
static void fill_config(struct device *device, size_t size)
{
	host_builder_add_config(device, 4096);
	device->config_size = size;
	host_builder_put_config32(device, 0, 0x10d38086);
	host_builder_put_config32(device, 4, 0x00100007);
	host_builder_put_config32(device, 0x100, 0x1401000d);
	host_builder_put_config32(device, 0x140, 0x00010003);
	host_builder_put_config32(device, 0x144, 0xff3d5e8c);
	host_builder_put_config32(device, 0x148, 0x001b21ff);
}

START_TEST(test_serial_number_is_in_config_space)
{
	struct device *device = inventory_find(host, "0000:01:00.0");

	ck_assert_int_eq(pcicap_serial(device, &device->serial), 0);
	ck_assert_ptr_null(device->serial);
	fill_config(device, 4096);
	ck_assert_int_eq(pcicap_serial(device, &device->serial), 0);
	ck_assert_str_eq(device->serial, "00-1b-21-ff-ff-3d-5e-8c");
}
END_TEST

/* Only root reads all of configuration space, so the known part may end anywhere. */
START_TEST(test_truncated_config_space_has_no_serial_number)
{
	static const size_t sizes[] = { 0x40, 0x100, 0x104, 0x140, 0x144, 0x148, 0x14b };
	struct device *device = inventory_find(host, "0000:01:00.0");

	fill_config(device, 4096);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		char *serial = NULL;

		device->config_size = sizes[i];
		ck_assert_int_eq(pcicap_serial(device, &serial), 0);
		ck_assert_ptr_null(serial);
	}
}
END_TEST

START_TEST(test_serial_number_names_its_device)
{
	struct device *device = inventory_find(host, "0000:04:02.0");

	ck_assert_int_eq(str_set(&device->serial, "00-1b-21-ff-ff-3d-5e-8c"), 0);
	assert_named("{\"serial\": \"00-1b-21-ff-ff-3d-5e-8c\"}", "0000:04:02.0");
	assert_named("{\"serial\": \"00:1B:21:FF:FF:3D:5E:8C\"}", "0000:04:02.0");
	assert_named("{\"address\": \"04:02.0\", \"serial\": \"00-1b-21-ff-ff-3d-5e-8c\"}",
		     "0000:04:02.0");
	assert_blocked("{\"serial\": \"00-1b-21-ff-ff-3d-5e\"}", "absent", "serial=");
	assert_blocked("{\"serial\": \"00-1b-21-ff-ff-3d-5e-8c-00\"}", "absent", "serial=");
	assert_blocked("{\"address\": \"04:01.0\", \"serial\": \"00-1b-21-ff-ff-3d-5e-8c\"}",
		       "identity-mismatch", "serial");
}
END_TEST

static void assert_groupless(const char *code)
{
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };

	resolve_selectors("\"05:00.0\"", &resolved);
	ck_assert_uint_eq(resolved.blockers.n, 1);
	ck_assert_str_eq(((struct blocker *)resolved.blockers.items[0])->code, code);
}

/* Some IOMMUs create the group when a driver binds. A device without a driver may still get one. */
START_TEST(test_missing_iommu_group_may_be_pending)
{
	struct device *device = add_pci("0000:05:00.0", NULL, IOMMU_GROUP_NONE, 0x10d3);

	/* other devices have a group without a driver, so this one gets none */
	assert_groupless("no-iommu");
	ck_assert_int_eq(str_set(&device->sysfs, "devices/pci0000:00/0000:05:00.0"), 0);
	assert_groupless("no-iommu");
	/* below a device tree node */
	ck_assert_int_eq(
		str_set(&device->sysfs, "devices/platform/40.pcie/pci0000:00/0000:05:00.0"), 0);
	assert_groupless("pending");
	ck_assert_int_eq(str_set(&device->driver, "e1000e"), 0);
	assert_groupless("no-iommu");
	/* virtio-iommu: every other device has a driver */
	ck_assert_int_eq(str_set(&device->driver, NULL), 0);
	ck_assert_int_eq(str_set(&device->sysfs, "devices/pci0000:00/0000:05:00.0"), 0);
	VEC_FOREACH(struct device, other, &host->devices)
		if (other != device)
			ck_assert_int_eq(str_set(&other->driver, "some"), 0);
	assert_groupless("pending");
}
END_TEST

SUITE_WITH_FIXTURE("resolve", make_host, free_host, test_address_names_its_device,
		   test_companions_are_included, test_replaced_card_is_an_identity_mismatch,
		   test_path_survives_renumbered_buses, test_vf_is_found_by_its_index,
		   test_properties_name_every_match, test_class_matches_as_a_prefix,
		   test_nth_counts_in_the_order_of_the_bus, test_serial_number_is_in_config_space,
		   test_truncated_config_space_has_no_serial_number,
		   test_serial_number_names_its_device, test_missing_iommu_group_may_be_pending)
