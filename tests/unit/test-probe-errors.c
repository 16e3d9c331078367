/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include "fake-tree.h"
#include "host-builder.h"
#include "sys/probe/probe-errors.h"

#define PORT "0000:00:1c.0"
#define CARD "0000:01:00.0"

static struct inventory *inv;

static void set_attribute(const char *address, const char *name, const char *text)
{
	_cleanup_free_ char *path = str_printf("sys/devices/pci0000:00/%s/%s", address, name);

	make_file(path, text);
}

/* Gives the port a DPC capability whose status register reads @status. */
static void set_dpc(uint16_t status)
{
	struct device *port = inventory_find(inv, PORT);
	_cleanup_free_ char *path = str_printf("%s/sys/bus/pci/devices/" PORT "/config", top);

	port->config[0x100] = 0x1d;
	port->config[0x102] = 1;
	port->config[0x108] = (uint8_t)status;
	port->config[0x109] = (uint8_t)(status >> 8);
	ck_assert_int_eq(fileio_write_atomic_at(AT_FDCWD, path, (const char *)port->config,
						port->config_size, 0644),
			 0);
	/* the inventory has an older status */
	port->config[0x108] = port->config[0x109] = 0;
}

static void set_up(void)
{
	fake_tree_make();
	inv = inventory_new();
	host_builder_add_config(host_builder_add_bridge(inv, PORT, NULL, IOMMU_GROUP_NONE), 4096);
	host_builder_add_pci(inv, CARD, PORT, IOMMU_GROUP_NONE);
	make_link("sys/bus/pci/devices/" PORT, "../../../devices/pci0000:00/" PORT);
	make_link("sys/bus/pci/devices/" CARD, "../../../devices/pci0000:00/" CARD);
	set_attribute(PORT, "power_state", "D0\n");
	set_attribute(PORT, "aer_dev_fatal", "Undefined 0\nDLP 2\nTOTAL_ERR_FATAL 2\n");
	set_attribute(PORT, "aer_rootport_total_err_fatal", "3\n");
	set_attribute(CARD, "aer_dev_correctable", "RxErr 4\nBadTLP 0\nTOTAL_ERR_COR 4\n");
	set_attribute(CARD, "aer_dev_nonfatal", "Undefined 0\nTOTAL_ERR_NONFATAL 7\n");
	set_attribute(CARD, "aer_dev_fatal", "Undefined 0\nTOTAL_ERR_FATAL 1\n");
}

static void tear_down(void)
{
	inv = inventory_free(inv);
	fake_tree_remove();
}

static struct device_errors read_errors(void)
{
	struct device_errors errors = { .state = ERROR_RECOVERED, .eeh_known = true };

	ck_assert_int_eq(probe_errors(&root, inv, inventory_find(inv, CARD), &errors), 0);
	return errors;
}

START_TEST(test_counters_are_read)
{
	struct device_errors errors = read_errors();

	ck_assert(errors.counted);
	ck_assert_uint_eq(errors.correctable, 4);
	ck_assert_uint_eq(errors.nonfatal, 7);
	ck_assert_uint_eq(errors.fatal, 1);
	ck_assert_uint_eq(errors.fatal_above, 5);
	ck_assert(!errors.contained);
	ck_assert_int_eq(errors.state, ERROR_RECOVERED);
}
END_TEST

START_TEST(test_missing_counters_are_reported)
{
	_cleanup_free_ char *path =
		str_printf("%s/sys/bus/pci/devices/" CARD "/aer_dev_correctable", top);

	unlink(path);
	ck_assert(!read_errors().counted);
}
END_TEST

START_TEST(test_dpc_containment_is_read)
{
	set_dpc(0x1f00);
	ck_assert(!read_errors().contained);
	set_dpc(0x1f01);
	ck_assert(read_errors().contained);
	/* the port itself does not answer */
	set_dpc(0xffff);
	ck_assert(!read_errors().contained);
	/* a sleeping port is not woken for a reading */
	set_dpc(0x1f01);
	set_attribute(PORT, "power_state", "D3hot\n");
	ck_assert(!read_errors().contained);
}
END_TEST

static const struct {
	const char *text;
	bool contained;
} eeh[] = {
	{ "0x78 0x800\n", false }, { "0x60 0x801\n", true }, /* frozen: neither MMIO nor DMA */
	{ "0x68 0x800\n", true },			     /* MMIO alone is allowed again */
	{ "0x79 0x800\n", true },			     /* the firmware reports it as absent */
	{ "0x78 0xc00\n", true },			     /* given up */
	{ "0x78 0x801\n", true },			     /* isolated */
	{ "nonsense\n", false },
};

START_TEST(test_eeh_state_is_read)
{
	set_attribute(CARD, "eeh_pe_state", eeh[_i].text);
	ck_assert_int_eq(read_errors().contained, eeh[_i].contained);
}
END_TEST

START_TEST(test_errors_at_the_first_probe)
{
	_cleanup_close_ int fd = sysfs_root_open_dir(&root, "sys/bus/pci/devices/" CARD);
	struct device *card = inventory_find(inv, CARD);

	probe_errors_init(fd, card);
	ck_assert_int_eq(card->errors.state, ERROR_CORRECTABLE);
	ck_assert_uint_eq(card->errors.nonfatal, 7);
	ck_assert(!card->errors.above_known);
	set_attribute(CARD, "eeh_pe_state", "0x60 0x801\n");
	probe_errors_init(fd, card);
	ck_assert_int_eq(card->errors.state, ERROR_FROZEN);
}
END_TEST

/* The slot was powered off and on: the new device works. */
START_TEST(test_new_device_in_a_failed_eeh_slot)
{
	_cleanup_close_ int fd = sysfs_root_open_dir(&root, "sys/bus/pci/devices/" CARD);
	struct device *card = inventory_find(inv, CARD);

	set_attribute(CARD, "eeh_pe_state", "0x78 0xc02\n");
	probe_errors_init(fd, card);
	ck_assert(!card->errors.contained);
	ck_assert_int_eq(probe_errors(&root, inv, card, &card->errors), 0);
	ck_assert(!card->errors.contained);
	set_attribute(CARD, "eeh_pe_state", "0x60 0xc02\n");
	ck_assert_int_eq(probe_errors(&root, inv, card, &card->errors), 0);
	ck_assert(card->errors.contained);
}
END_TEST

START_TEST(test_idle_eeh_is_quiet)
{
	ck_assert(!read_errors().quiet);
	set_attribute(CARD, "eeh_pe_state", "0x78 0x802\n");
	ck_assert(!read_errors().quiet);
	set_attribute(CARD, "eeh_pe_state", "0x78 0x800\n");
	ck_assert(read_errors().quiet);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("probe-errors");
	TCase *tcase = tcase_create("probe-errors");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_counters_are_read);
	tcase_add_test(tcase, test_missing_counters_are_reported);
	tcase_add_test(tcase, test_dpc_containment_is_read);
	tcase_add_loop_test(tcase, test_eeh_state_is_read, 0, ARRAY_SIZE(eeh));
	tcase_add_test(tcase, test_new_device_in_a_failed_eeh_slot);
	tcase_add_test(tcase, test_idle_eeh_is_quiet);
	tcase_add_test(tcase, test_errors_at_the_first_probe);
	suite_add_tcase(suite, tcase);
	return suite;
}
