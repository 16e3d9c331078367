/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "mutate.h"
#include "policy/isolation/isolation.h"
#include "policy/plan/reset-scope.h"
#include "policy/report/advice.h"
#include "recorded-host.h"

#define ROUNDS 300 /* of each file */

static const char head[] = "00: 86 80 d3 10 07 05 10 00 03 00 00 02 10 00 00 00\n"
			   "10: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
			   "20: 00 00 00 00 00 00 00 00 00 00 00 00 86 80 1f a0\n"
			   "30: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n";

static struct inventory *parse_host(const char *text)
{
	_cleanup_free_ char *error = NULL;
	struct inventory *inv = NULL;
	int r = host_file_parse(text, strlen(text), &inv, &error);

	ck_assert_msg(r == 0, "%d %s in %s", r, str_or(error, ""), text);
	return inv;
}

static struct inventory *parse_lines(const char *first_line, const char *rest)
{
	_cleanup_free_ char *text = str_printf("%s\n%s%s", first_line, rest, head);

	return parse_host(text);
}

static void check_refused(const char *text, const char *why)
{
	_cleanup_free_ char *error = NULL;
	struct inventory *inv = NULL;

	ck_assert_int_eq(host_file_parse(text, strlen(text), &inv, &error), -EBADMSG);
	ck_assert_msg(strstr(error, why) != NULL, "\"%s\" for %s", error, text);
	ck_assert_ptr_null(inv);
}

/* The first line of a device differs with the options of lspci. */
START_TEST(test_first_line_with_each_lspci_option)
{
	static const char with_ids[] =
		"01:00.0 Ethernet controller [0200]: Intel Corporation 82574L "
		"[Fast] [8086:10d3] (rev 03)";
	static const char with_interface[] =
		"01:00.0 Ethernet controller [0200]: Intel Corporation "
		"82574L [Fast] [8086:10d3] (rev 03) "
		"(prog-if 00 [Normal decode])";
	static const char *const lines[] = {
		"0000:01:00.0 Ethernet controller: Intel Corporation 82574L [Fast] (rev 03)",
		"01:00.0 Ethernet controller: Intel Corporation 82574L [Fast] (rev 03)",
		with_ids,
		with_interface,
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_inventory_ struct inventory *inv = parse_lines(lines[i], "");
		const struct device *device = inventory_find(inv, "0000:01:00.0");

		ck_assert_ptr_nonnull(device);
		ck_assert_str_eq(device->class_name, "Ethernet controller");
		ck_assert_str_eq(device->vendor_name, "Intel");
		ck_assert_str_eq(device->device_name, "Corporation 82574L [Fast]");
		ck_assert_uint_eq(device->vendor, 0x8086);
		ck_assert_uint_eq(device->device, 0x10d3);
		ck_assert_uint_eq(device->subsystem_device, 0xa01f);
		ck_assert_uint_eq(device->class_code, 0x020000);
		ck_assert_uint_eq(device->revision, 3);
		ck_assert_uint_eq(device->config_size, 64);
		ck_assert(inv->groups_derived);
		ck_assert_int_eq(device->iommu_group, 0);
	}
}
END_TEST

START_TEST(test_first_line_with_numbers_only)
{
	_cleanup_inventory_ struct inventory *inv =
		parse_lines("10000:01:00.0 0200: 8086:10d3 (rev 03)", "");
	const struct device *device = inventory_find(inv, "10000:01:00.0");

	ck_assert_ptr_nonnull(device);
	ck_assert_ptr_null(device->class_name);
	ck_assert_uint_eq(device->device, 0x10d3);
}
END_TEST

/* A device that does not answer has useful data in its first line alone. */
START_TEST(test_device_that_does_not_answer)
{
	static const char text[] = "01:00.0 Ethernet controller [0200]: Intel Corporation 82574L "
				   "[8086:10d3] (rev ff)\n"
				   "00: ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff\n"
				   "10: ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff\n"
				   "20: ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff\n"
				   "30: ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff\n";
	_cleanup_inventory_ struct inventory *inv = parse_host(text);
	const struct device *device = inventory_find(inv, "0000:01:00.0");

	ck_assert_uint_eq(device->vendor, 0x8086);
	ck_assert_uint_eq(device->device, 0x10d3);
	ck_assert_uint_eq(device->class_code, 0x020000);
	ck_assert_uint_eq(device->header_type, 0);
}
END_TEST

START_TEST(test_verbose_attributes_are_read)
{
	_cleanup_inventory_ struct inventory *inv = parse_lines(
		"01:00.0 Ethernet controller: Intel Corporation 82574L",
		"\tIOMMU group: 17\n"
		"\tNUMA node: 1\n"
		"\tRegion 0: Memory at fd000000 (32-bit, non-prefetchable) [size=128K]\n"
		"\tRegion 2: I/O ports at 6040 [disabled] [size=32]\n"
		"\tRegion 3: Memory at <unassigned> (32-bit) [size=16K]\n"
		"\tRegion 9: Memory at fd000000 [size=16K]\n"
		"\tKernel driver in use: e1000e\n"
		"\tKernel modules: e1000e\n");
	const struct device *device = inventory_find(inv, "0000:01:00.0");

	ck_assert_int_eq(device->iommu_group, 17);
	ck_assert(!inv->groups_derived);
	ck_assert_int_eq(device->numa_node, 1);
	ck_assert_str_eq(device->driver, "e1000e");
	ck_assert_uint_eq(device->resources[0].start, 0xfd000000);
	ck_assert_uint_eq(device->resources[0].end, 0xfd01ffff);
	ck_assert_uint_eq(device->resources[0].flags, 0x200);
	ck_assert_uint_eq(device->resources[2].end, 0x605f);
	ck_assert_uint_eq(device->resources[2].flags, 0x100);
	ck_assert_uint_eq(device->resources[3].flags, IORESOURCE_MEM); /* without an address */
}
END_TEST

/* A missing line ends the known configuration space. */
START_TEST(test_gap_ends_config_space)
{
	static const char text[] = "01:00.0 Ethernet controller: Intel Corporation 82574L\n"
				   "00: 86 80 d3 10 07 05 10 00 03 00 00 02 10 00 00 00\n"
				   "20: 00 00 00 00 00 00 00 00 00 00 00 00 86 80 1f a0\n"
				   "02:00.0 Ethernet controller: Intel Corporation 82574L\n"
				   "00: 86 80 d3 10 07 05\n"
				   "10: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n";
	_cleanup_inventory_ struct inventory *inv = parse_host(text);

	ck_assert_uint_eq(inv->devices.n, 2);
	ck_assert_uint_eq(inventory_find(inv, "0000:01:00.0")->config_size, 16);
	ck_assert_uint_eq(inventory_find(inv, "0000:02:00.0")->config_size, 6);
}
END_TEST

START_TEST(test_other_text_is_refused)
{
	check_refused("", "neither a snapshot");
	check_refused("hello\nworld\n", "neither a snapshot");
	check_refused("00: 86 80\n", "neither a snapshot");
	check_refused("01:00.0 Ethernet controller: Intel Corporation 82574L\n",
		      "lspci -xxxx, as root");
	check_refused("{ \"version\": 1 }", "devices");
	check_refused(" {", "1:");
}
END_TEST

/* --- text of lspci -v --- */

START_TEST(test_kind_of_each_region_is_read)
{
	_cleanup_inventory_ struct inventory *inv = parse_lines(
		"01:00.0 Non-Volatile memory controller: KIOXIA Corporation CD8",
		"\tRegion 0: Memory at 6000000000 (64-bit, non-prefetchable) [size=64K]\n"
		"\tRegion 2: Memory at 6100000000 (64-bit, prefetchable) [size=16M]\n"
		"\tExpansion ROM at fdc00000 [disabled] [size=128K]\n");
	const struct device *device = inventory_find(inv, "0000:01:00.0");

	ck_assert_uint_eq(device->resources[0].flags, IORESOURCE_MEM | IORESOURCE_MEM_64);
	ck_assert_uint_eq(device->resources[2].flags,
			  IORESOURCE_MEM | IORESOURCE_MEM_64 | IORESOURCE_PREFETCH);
	ck_assert_uint_eq(device->resources[2].start, 0x6100000000);
	ck_assert_uint_eq(device->resources[6].start, 0xfdc00000);
	ck_assert_uint_eq(device->resources[6].end, 0xfdc1ffff);
	ck_assert_uint_eq(device->resources[6].flags, IORESOURCE_MEM);
	ck_assert_ptr_null(inv->notes);
}
END_TEST

/* "lspci -v" shows no numbers of regions. The addresses in configuration space do. */
START_TEST(test_regions_without_numbers_are_placed)
{
	static const char text[] = "01:00.0 Ethernet controller: Intel Corporation 82574L\n"
				   "\tFlags: bus master, fast devsel, latency 0, IRQ 16\n"
				   "\tMemory at 2fd000000 (64-bit, prefetchable) [size=128K]\n"
				   "\tI/O ports at 6040 [size=32]\n"
				   "00: 86 80 d3 10 07 05 10 00 03 00 00 02 10 00 00 00\n"
				   "10: 00 00 00 00 0c 00 00 fd 02 00 00 00 41 60 00 00\n";
	_cleanup_inventory_ struct inventory *inv = parse_host(text);
	const struct device *device = inventory_find(inv, "0000:01:00.0");

	ck_assert_uint_eq(device->resources[0].flags, 0);
	ck_assert_uint_eq(device->resources[1].start, 0x2fd000000);
	ck_assert_uint_eq(device->resources[1].end, 0x2fd01ffff);
	ck_assert_uint_eq(device->resources[3].start, 0x6040);
	ck_assert_uint_eq(device->resources[3].flags, IORESOURCE_IO);
}
END_TEST

START_TEST(test_numbers_are_no_part_of_names)
{
	static const struct {
		const char *line, *name;
	} rows[] = {
		{ "01:00.0 PIC [0800]: Intel I/O APIC [8086:2f2c] (rev 02) (prog-if 20 "
		  "[IO(X)-APIC])",
		  "I/O APIC" },
		{ "01:00.0 PIC: Intel I/O APIC (prog-if 20 [IO(X)-APIC])", "I/O APIC" },
		{ "01:00.0 VGA compatible controller [0300]: NVIDIA TU116 [GeForce] [10de:2184] "
		  "(rev a1) (prog-if 00 [VGA controller])",
		  "TU116 [GeForce]" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_inventory_ struct inventory *inv = parse_lines(rows[i].line, "");

		ck_assert_str_eq(inventory_find(inv, "0000:01:00.0")->device_name, rows[i].name);
	}
}
END_TEST

/* Names of any encoding become valid UTF-8, and nothing that a terminal acts on is kept. */
START_TEST(test_bytes_that_are_no_text_are_replaced)
{
	_cleanup_inventory_ struct inventory *inv =
		parse_lines("01:00.0 Bridge: Intel \xd0 Corp\xc3\xb6 \xff\x1b[31m", "");

	ck_assert_str_eq(inventory_find(inv, "0000:01:00.0")->device_name,
			 "\xef\xbf\xbd Corp\xc3\xb6 \xef\xbf\xbd?[31m");
}
END_TEST

/* --- what was not read --- */

static void check_notes(const char *text, const char *note)
{
	_cleanup_inventory_ struct inventory *inv = parse_host(text);
	_cleanup_free_ char *notes = strv_join(inv->notes, "\n");

	ck_assert_msg(note ? strstr(notes, note) != NULL : !*notes, "\"%s\" for %s", notes, text);
}

START_TEST(test_lines_that_are_not_understood_are_counted)
{
	_cleanup_free_ char *whole = str_printf("00:00.0 Host bridge: Intel\n%s", head),
			    *strange = str_printf("%shello\n\tFrobs: 3\nzz:00.0 X: Y\n1\n", whole),
			    *no_bus = str_printf("%s\n01.0 PCI bridge: Intel\n%s", whole, head);

	check_notes(whole, NULL);
	check_notes(strange, "4 lines of the dump were not understood: 6 (\"hello\"), "
			     "7 (\"Frobs: 3\"), 8 (\"zz:00.0 X: Y\") and 1 more.");
	/* the bytes after such a line belong to a device that is not known */
	check_notes(no_bus, "5 lines of the dump were not understood: 7 (\"01.0 PCI bridge: ");
}
END_TEST

START_TEST(test_cut_dump_is_noted)
{
	_cleanup_free_ char *two = str_printf("00:00.0 Host bridge: Intel\n%s\n"
					      "00:01.0 PCI bridge: Intel\n%s",
					      head, head);
	static const char whole_note[] = "The dump ends within 0000:00:01.0: it was cut.";

	check_notes(two, NULL);
	two[strlen(two) - 1] = '\0';
	check_notes(two, NULL);
	for (size_t cut = 2; cut < strlen(head); cut++) {
		two[strlen(two) - 1] = '\0';
		check_notes(two, whole_note);
	}
}
END_TEST

START_TEST(test_missing_rows_are_noted)
{
	check_notes("01:00.0 Ethernet controller: Intel Corporation 82574L\n"
		    "00: 86 80 d3 10 07 05 10 00 03 00 00 02 10 00 00 00\n"
		    "20: 00 00 00 00 00 00 00 00 00 00 00 00 86 80 1f a0\n",
		    "Rows of configuration space are missing or short for 1 device: 0000:01:00.0.");
}
END_TEST

/* A dump does not show drivers, unless it was made with -k or -v. */
START_TEST(test_drivers_may_be_unknown)
{
	_cleanup_inventory_ struct inventory *plain = parse_lines("01:00.0 Bridge: Intel", ""),
					     *with = parse_lines(
						     "01:00.0 Bridge: Intel",
						     "\tKernel driver in use: shpchp\n");

	ck_assert(plain->drivers_unknown);
	ck_assert(!with->drivers_unknown);
	ck_assert(inventory_is_dump(plain));
}
END_TEST

START_TEST(test_other_files_are_named)
{
	check_refused("\x1f\x8b\x08", "gunzip");
	check_refused("\xff\xfe", "UTF-16");
}
END_TEST

START_TEST(test_virtual_functions_are_linked_to_their_pf)
{
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-vfs.lspci");
	_cleanup_vec_ struct vec reached = { 0 };

	for (int i = 0; i < 3; i++) {
		_cleanup_free_ char *key = str_printf("0000:02:10.%d", 2 * i);
		const struct device *vf = inventory_find(inv, key);

		ck_assert_str_eq(vf->physfn, "0000:02:00.0");
		ck_assert_str_eq(vf->parent, "0000:00:04.0");
		ck_assert_int_eq(vf->vf_index, i);
		ck_assert_uint_eq(vf->vendor, 0x8086);
		ck_assert_uint_eq(vf->device, 0x10ca);
	}
	ck_assert_uint_eq(inventory_find(inv, "0000:02:00.0")->num_vfs, 3);
	/* a reset of the PF ends its virtual functions */
	ck_assert_int_eq(
		reset_scope_devices(inv, inventory_find(inv, "0000:02:00.0"), "flr", &reached), 0);
	ck_assert_uint_eq(reached.n, 4);
}
END_TEST

/* --- mutated input --- */

/* Runs every decision that takes a host as input. */
static void decide_everything(struct inventory *inv)
{
	VEC_FOREACH(const struct device, device, &inv->devices) {
		_cleanup_isolation_ struct vec causes = { 0 };
		_cleanup_vec_ struct vec reached = { 0 };

		ck_assert_int_eq(isolation_find(inv, device, &causes), 0);
		VEC_FOREACH(const struct isolation_cause, cause, &causes) {
			_cleanup_free_ char *text = isolation_text(inv, device, cause);

			ck_assert_ptr_nonnull(text);
		}
		ck_assert_int_eq(reset_scope_devices(inv, device, "bus", &reached), 0);
	}
	VEC_FOREACH(const struct iommu_group, group, &inv->iommu_groups) {
		_cleanup_strv_ char **advice = NULL;

		ck_assert_int_eq(advice_find(inv, &group->devices, &advice), 0);
	}
}

static const char *const fuzzed[] = { "server.lspci", "lab-vfs.lspci", "cut-off.lspci",
				      "lab-bridges-verbose.lspci", "lab-no-acs.json" };

START_TEST(test_mutated_host_is_decided_safely)
{
	size_t size;
	_cleanup_free_ char *text = recorded_host_read(fuzzed[_i], &size);
	uint32_t state = 1 + (uint32_t)_i;

	for (unsigned round = 0; round < ROUNDS; round++) {
		_cleanup_inventory_ struct inventory *inv = NULL;
		_cleanup_free_ char *error = NULL, *copy = NULL;
		size_t copy_size;
		int r;

		copy = mutate(text, size, &state, &copy_size);
		/* also changes digits of registers, which a broken device gets wrong */
		for (unsigned n = mutate_random(&state) % 8; n > 0 && copy_size > 0; n--) {
			size_t at = mutate_random(&state) % copy_size;

			if (copy[at] >= '0' && copy[at] <= '9')
				copy[at] = "0123456789abcdef"[mutate_random(&state) % 16];
		}
		r = host_file_parse(copy, copy_size, &inv, &error);
		ck_assert(r == 0 || (r == -EBADMSG && error));
		if (r == 0)
			decide_everything(inv);
	}
}
END_TEST

static Suite *make_suite(void)
{
	const TTest *const tests[] = {
		test_first_line_with_each_lspci_option,
		test_first_line_with_numbers_only,
		test_device_that_does_not_answer,
		test_verbose_attributes_are_read,
		test_gap_ends_config_space,
		test_other_text_is_refused,
		test_kind_of_each_region_is_read,
		test_regions_without_numbers_are_placed,
		test_numbers_are_no_part_of_names,
		test_bytes_that_are_no_text_are_replaced,
		test_lines_that_are_not_understood_are_counted,
		test_cut_dump_is_noted,
		test_missing_rows_are_noted,
		test_drivers_may_be_unknown,
		test_other_files_are_named,
		test_virtual_functions_are_linked_to_their_pf,
	};
	Suite *suite = suite_create("host-file");
	TCase *tcase = tcase_create("host-file");

	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		tcase_add_test(tcase, tests[i]);
	tcase_add_loop_test(tcase, test_mutated_host_is_decided_safely, 0, ARRAY_SIZE(fuzzed));
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return suite;
}
