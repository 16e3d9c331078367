/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "base/str.h"
#include "model/config/config-dirs.h"
#include "model/config/def-set.h"
#include "policy/devinfo/quirks.h"
#include "source-tree.h"

static struct def_set *parse_quirks(const char *text)
{
	struct def_set *config = def_set_new();

	config->kind = DEF_FILE_QUIRKS;
	ck_assert_int_eq(parse_definitions(config, "q.json", text, strlen(text)), 0);
	return config;
}

/* Parses one quirk that has the members @members and the required ones. */
static struct def_set *parse_quirk(const char *members)
{
	_cleanup_free_ char *text =
		str_printf("{ \"quirks\": { \"q\": { \"topic\": \"reset\", \"text\": "
			   "\"t\", \"source\": \"s\", %s } } }",
			   members);

	return parse_quirks(text);
}

static struct device *make_nic(uint16_t vendor, uint16_t id)
{
	struct device *device = device_new("pci", "0000:01:00.0");

	device->vendor = vendor;
	device->device = id;
	device->class_code = 0x020000;
	return device;
}

static size_t count_quirks(const struct def_set *config, const struct device *device)
{
	_cleanup_vec_ struct vec found = { 0 };

	ck_assert_int_eq(quirks_find(&config->quirks, device, &found), 0);
	return found.n;
}

START_TEST(test_ids_select_devices)
{
	static const struct {
		const char *ids;
		uint16_t vendor, device;
		size_t n;
	} cases[] = {
		{ "8086:10d3", 0x8086, 0x10d3, 1 },	 { "8086:10d3", 0x8086, 0x10d4, 0 },
		{ "8086:10d3", 0x8087, 0x10d3, 0 },	 { "8086:1580-158b", 0x8086, 0x1580, 1 },
		{ "8086:1580-158B", 0x8086, 0x158b, 1 }, { "8086:1580-158b", 0x8086, 0x158c, 0 },
		{ "8086:*", 0x8086, 0xffff, 1 },	 { "8086:*", 0x10de, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *members = str_printf("\"ids\": [ \"%s\" ]", cases[i].ids);
		_cleanup_def_set_ struct def_set *config = parse_quirk(members);
		_cleanup_device_ struct device *device = make_nic(cases[i].vendor, cases[i].device);

		ck_assert_uint_eq(config->problems.n, 0);
		ck_assert_uint_eq(count_quirks(config, device), cases[i].n);
	}
}
END_TEST

START_TEST(test_class_and_function_select_devices)
{
	_cleanup_def_set_ struct def_set *nics =
		parse_quirk("\"class\": \"02\", \"function\": \"vf\"");
	_cleanup_def_set_ struct def_set *disks = parse_quirk("\"class\": \"0108\"");
	_cleanup_device_ struct device *device = make_nic(1, 1);

	ck_assert_uint_eq(count_quirks(disks, device), 0);
	ck_assert_uint_eq(count_quirks(nics, device), 0);
	ck_assert_int_eq(str_set(&device->physfn, "0000:02:00.0"), 0);
	ck_assert_uint_eq(count_quirks(nics, device), 1);
	device->class_code = 0x010802;
	ck_assert_uint_eq(count_quirks(disks, device), 1);
	device->bus[0] = 'x'; /* the class of a PCI device counts only on the PCI bus */
	ck_assert_uint_eq(count_quirks(disks, device), 0);
}
END_TEST

START_TEST(test_revision_subsystem_and_place_select_devices)
{
	static const char any[] = "\"ids\": [ \"8086:*\" ]";
	_cleanup_free_ char *members = str_printf("%s, \"revisions\": [ \"01\", \"10-1f\" ]", any);
	_cleanup_free_ char *cards = str_printf("%s, \"subsystems\": [ \"1043:8694\" ]", any);
	_cleanup_free_ char *root = str_printf("%s, \"root-bus\": true", any);
	_cleanup_free_ char *below = str_printf("%s, \"root-bus\": false", any);
	_cleanup_def_set_ struct def_set *revisions = parse_quirk(members),
					 *subsystems = parse_quirk(cards),
					 *on_root_bus = parse_quirk(root),
					 *below_bridge = parse_quirk(below);
	_cleanup_device_ struct device *device = make_nic(0x8086, 0x10d3);
	static const struct {
		uint8_t revision;
		size_t n;
	} cases[] = { { 0, 0 }, { 1, 1 }, { 2, 0 }, { 0x10, 1 }, { 0x1f, 1 }, { 0x20, 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		device->revision = cases[i].revision;
		ck_assert_uint_eq(count_quirks(revisions, device), cases[i].n);
	}
	ck_assert_uint_eq(count_quirks(subsystems, device), 0);
	device->subsystem_vendor = 0x1043;
	device->subsystem_device = 0x8694;
	ck_assert_uint_eq(count_quirks(subsystems, device), 1);
	ck_assert_uint_eq(count_quirks(on_root_bus, device), 1);
	ck_assert_uint_eq(count_quirks(below_bridge, device), 0);
	ck_assert_int_eq(str_set(&device->parent, "0000:00:1c.0"), 0);
	ck_assert_uint_eq(count_quirks(on_root_bus, device), 0);
	ck_assert_uint_eq(count_quirks(below_bridge, device), 1);
}
END_TEST

START_TEST(test_one_of_several_classes_selects)
{
	_cleanup_def_set_ struct def_set *config = parse_quirk("\"class\": [ \"0300\", \"0200\" ]");
	_cleanup_device_ struct device *device = make_nic(1, 1);

	ck_assert_uint_eq(count_quirks(config, device), 1);
	device->class_code = 0x038000;
	ck_assert_uint_eq(count_quirks(config, device), 0);
}
END_TEST

START_TEST(test_bad_quirk_is_refused)
{
	static const struct {
		const char *members, *complaint;
	} cases[] = {
		{ "\"ids\": []", "the list is empty: expected at least one, as \"8086:10d3\"" },
		{ "\"class\": []", "as \"0108\"" },
		{ "\"class\": [ \"03\", \"3\" ]", "two, four or six hex digits" },
		{ "\"ids\": [ \"8086:*\" ], \"revisions\": [ \"1f-00\" ]", "two hex digits" },
		{ "\"ids\": [ \"8086:*\" ], \"subsystems\": [ \"8086\" ]", "four hex digits" },
		{ "\"ids\": [ \"8086:*\" ], \"refused-by\": \"vfio\"", "vfio-pci" },
		{ "\"ids\": [ \"8086:*\" ], \"confidence\": \"seen\"", "reported" },
		{ "\"ids\": [ \"8086:*\" ], \"vmm-since\": \"6\"", "a version of the kernel" },
		{ "\"ids\": [ \"8086:*\" ], \"vmm-since\": \"6.15 \"", "a version of the kernel" },
		{ "\"ids\": [ \"8086\" ]", "four hex digits" },
		{ "\"ids\": [ \"8086:10d\" ]", "four hex digits" },
		{ "\"ids\": [ \"808x:10d3\" ]", "four hex digits" },
		{ "\"ids\": [ \"8086:158b-1580\" ]", "four hex digits" },
		{ "\"ids\": [ 8086 ]", "four hex digits" },
		{ "\"class\": \"123\"", "two, four or six hex digits" },
		{ "\"class\": \"0x\"", "two, four or six hex digits" },
		{ "\"class\": 2", "two, four or six hex digits" },
		{ "\"function\": \"pf\"", "neither \"ids\" nor \"class\"" },
		{ "\"ids\": [ \"8086:*\" ], \"reset\": { \"never\": [ \"buss\" ] }",
		  "did you mean \"bus\"" },
		{ "\"ids\": [ \"8086:*\" ], \"reset\": { \"never\": [ \"bus\", \"bus\" ] }",
		  "listed twice" },
		{ "\"ids\": [ \"8086:*\" ], \"reset\": { \"delay-ms\": 60001 }", "0 to 60000" },
		{ "\"ids\": [ \"8086:*\" ], \"vmm\": { \"rom-bar\": \"0\" }",
		  "did you mean \"rombar\"" },
		{ "\"ids\": [ \"8086:*\" ], \"vmm\": { \"rombar\": \"0,x=1\" }",
		  "a word of letters" },
		{ "\"ids\": [ \"8086:*\" ], \"vmm\": { \"rombar\": 0 }", "a word of letters" },
		{ "\"ids\": [ \"8086:*\" ], \"vmm\": { \"rombar\": \"0\", \"rombar\": \"1\" }",
		  "twice" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_def_set_ struct def_set *config = parse_quirk(cases[i].members);
		const struct problem *problem;

		ck_assert_msg(config->problems.n == 1, "%s: %zu", cases[i].members,
			      config->problems.n);
		problem = config->problems.items[0];
		ck_assert_msg(strstr(problem->text, cases[i].complaint) != NULL, "%s: %s",
			      cases[i].members, problem->text);
		ck_assert(!problem->warning);
		ck_assert_uint_eq(problem->line, 1);
		ck_assert_uint_eq(config->quirks.n, 0);
	}
}
END_TEST

START_TEST(test_incomplete_quirk_is_refused)
{
	_cleanup_def_set_ struct def_set *config = parse_quirks(
		"{ \"quirks\": { \"a\": { \"ids\": [ \"8086:*\" ], \"topic\": \"flr\", \"text\": "
		"\"t\" } } }");
	_cleanup_def_set_ struct def_set *groups = def_set_new();
	const char *text = "{ \"quirks\": {} }";

	ck_assert_uint_eq(config->problems.n, 1);
	ck_assert_str_eq(((struct problem *)config->problems.items[0])->text,
			 "the quirk \"a\" has no \"source\"");
	/* a file of quirks among the definitions is an error */
	ck_assert_int_eq(parse_definitions(groups, "g.json", text, strlen(text)), 0);
	ck_assert_uint_eq(groups->problems.n, 1);
}
END_TEST

START_TEST(test_later_quirk_replaces_by_name)
{
	_cleanup_def_set_ struct def_set *config = parse_quirk("\"ids\": [ \"8086:10d3\" ]");
	_cleanup_device_ struct device *device = make_nic(0x8086, 0x10d3);
	const char *text =
		"{ \"quirks\": { \"q\": { \"ids\": [ \"8086:ffff\" ], \"topic\": \"flr\", "
		"\"text\": \"t\", \"source\": \"s\" } } }";

	ck_assert_uint_eq(count_quirks(config, device), 1);
	ck_assert_int_eq(parse_definitions(config, "z.json", text, strlen(text)), 0);
	ck_assert_uint_eq(config->quirks.n, 1);
	ck_assert_uint_eq(count_quirks(config, device), 0);
}
END_TEST

static const struct quirk_hint *find_hint(const struct vec *hints, const char *name)
{
	VEC_FOREACH(const struct quirk_hint, hint, hints)
		if (str_eq(hint->name, name))
			return hint;
	return NULL;
}

START_TEST(test_later_hint_wins)
{
	_cleanup_def_set_ struct def_set *config = parse_quirks(
		"{ \"quirks\": {"
		"\"a\": { \"ids\": [ \"8086:*\" ], \"topic\": \"rom\", \"text\": \"t\", "
		"\"source\": "
		"\"s\", \"vmm\": { \"rombar\": \"0\", \"x-no-intx\": \"on\" } },"
		"\"b\": { \"ids\": [ \"8086:10d3\" ], \"topic\": \"rom\", \"text\": \"t\", "
		"\"source\": \"s\", \"vmm\": { \"rombar\": \"1\" } } } }");
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	_cleanup_device_ struct device *device = make_nic(0x8086, 0x10d3);
	_cleanup_quirks_hints_ struct vec hints = { 0 };
	const struct quirk_hint *hint;

	ck_assert_int_eq(quirks_hints(&config->quirks, inv, device, &hints), 0);
	ck_assert_uint_eq(hints.n, 2);
	hint = find_hint(&hints, "rombar");
	ck_assert_str_eq(hint->value, "1"); /* the later quirk wins */
	ck_assert_str_eq(hint->quirk->name, "b");
	ck_assert_str_eq(find_hint(&hints, "x-no-intx")->value, "on");
}
END_TEST

/* A kernel that is too old for the setting gets none. An unknown kernel counts as new. */
START_TEST(test_hint_needs_its_kernel)
{
	static const struct {
		const char *release;
		size_t n;
	} cases[] = { { "6.14.9", 0 },
		      { "5.15.0-1-amd64", 0 },
		      { "6.15.0-rc1", 1 },
		      { "7.0.12", 1 },
		      { NULL, 1 } };
	_cleanup_def_set_ struct def_set *config =
		parse_quirk("\"ids\": [ \"8086:*\" ], \"vmm\": { \"x-igd-opregion\": \"on\" }, "
			    "\"vmm-since\": \"6.15\"");
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	_cleanup_device_ struct device *device = make_nic(0x8086, 0x1912);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_quirks_hints_ struct vec hints = { 0 };

		ck_assert_int_eq(str_set(&inv->kernel_release, cases[i].release), 0);
		ck_assert_int_eq(quirks_hints(&config->quirks, inv, device, &hints), 0);
		ck_assert_uint_eq(hints.n, cases[i].n);
	}
}
END_TEST

/* Returns a device with an MSI-X table of 8 entries at 0x2000 of BAR 0, which has 16 KiB. */
static struct device *make_msix_device(void)
{
	struct device *device = make_nic(1, 1);

	device->config = calloc(1, 256);
	device->config_size = 256;
	device->config[0] = 1;
	device->config[6] = 0x10;    /* a list of capabilities exists */
	device->config[0x34] = 0x40; /* offset of the first one */
	device->config[0x40] = 0x11;
	device->config[0x42] = 7;
	device->config[0x45] = 0x20;
	device->config[0x49] = 0x30; /* offset of the pending bits */
	device->resources[0] = (struct device_resource){ 0xfe000000, 0xfe003fff, 0x100200 };
	return device;
}

START_TEST(test_msix_table_in_a_shared_page_is_relocated)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	_cleanup_device_ struct device *device = make_msix_device();
	_cleanup_quirks_hints_ struct vec small = { 0 }, large = { 0 }, alone = { 0 }, full = { 0 };
	const struct vec none = { 0 };

	inv->page_size = 4096;
	ck_assert_int_eq(quirks_hints(&none, inv, device, &small), 0);
	ck_assert_uint_eq(small.n, 0);
	inv->page_size = 65536;
	ck_assert_int_eq(quirks_hints(&none, inv, device, &large), 0);
	ck_assert_uint_eq(large.n, 1);
	/* not to BAR 1, which holds the upper half of the address of BAR 0 */
	ck_assert_str_eq(find_hint(&large, "x-msix-relocation")->value, "bar2");
	/* no BAR is free: I/O ports are unsuitable, and the smallest BAR grows least */
	device->resources[2] = (struct device_resource){ 0xfd000000, 0xfd0fffff, 0x200 };
	device->resources[3] = (struct device_resource){ 0xc000, 0xc0ff, 0x100 };
	device->resources[4] = (struct device_resource){ 0xfc000000, 0xfc007fff, 0x100200 };
	ck_assert_int_eq(quirks_hints(&none, inv, device, &full), 0);
	ck_assert_str_eq(find_hint(&full, "x-msix-relocation")->value, "bar0");
	/* a BAR that holds only the table and the pending bits */
	device->config[0x45] = 0;
	device->config[0x48] = 0x80;
	device->config[0x49] = 0;
	device->resources[0].end = 0xfe000fff;
	ck_assert_int_eq(quirks_hints(&none, inv, device, &alone), 0);
	ck_assert_uint_eq(alone.n, 0);
}
END_TEST

START_TEST(test_msix_table_over_pending_bits_is_relocated)
{
	_cleanup_inventory_ struct inventory *inv = inventory_new();
	_cleanup_device_ struct device *device = make_msix_device();
	_cleanup_quirks_hints_ struct vec hints = { 0 };
	const struct vec none = { 0 };

	inv->page_size = 4096;
	device->config[0x48] = 0x40; /* inside the 128 bytes of the table */
	device->config[0x49] = 0x20;
	ck_assert_int_eq(quirks_hints(&none, inv, device, &hints), 0);
	ck_assert_str_eq(find_hint(&hints, "x-msix-relocation")->value, "bar2");
}
END_TEST

/* The installed quirks have no problems, are many, and each names its source. */
START_TEST(test_shipped_quirks_name_their_source)
{
	_cleanup_free_ char *dir = source_tree_path("quirks.d");
	const char *const directories[] = { dir, NULL };
	_cleanup_def_set_ struct def_set *config = NULL;

	ck_assert_int_eq(config_dirs_load_quirks(directories, &config), 0);
	VEC_FOREACH(const struct problem, problem, &config->problems)
		ck_abort_msg("%s:%u:%u: %s", problem->file, problem->line, problem->column,
			     problem->text);
	ck_assert_uint_ge(config->quirks.n, 60);
	VEC_FOREACH(const struct quirk, quirk, &config->quirks)
		ck_assert_msg(strstr(quirk->source, "drivers/") ||
				      strstr(quirk->source, "hw/vfio/") ||
				      strstr(quirk->source, "vendor-reset src/") ||
				      (quirk->reported && strstr(quirk->source, "https://")),
			      "%s: where is that from? \"%s\"", quirk->name, quirk->source);
}
END_TEST

/* The parser and the schema (tests/check-schema) agree on these. */
static void check_samples(const char *directory, bool good)
{
	_cleanup_free_ char *dir = source_tree_path(directory);
	const char *const directories[] = { dir, NULL };
	_cleanup_def_set_ struct def_set *listing = def_set_new();
	_cleanup_config_dirs_files_ struct vec files = { 0 };

	ck_assert_int_eq(config_dirs_list(listing, directories, &files), 0);
	ck_assert_uint_gt(files.n, 0);
	VEC_FOREACH(const struct config_dirs_file, file, &files) {
		_cleanup_def_set_ struct def_set *one = def_set_new();

		one->kind = DEF_FILE_QUIRKS;
		ck_assert_int_eq(config_dirs_load_file(one, file->path), 0);
		ck_assert_msg(def_set_has_errors(one) == !good, "%s", file->path);
	}
}

START_TEST(test_sample_files)
{
	check_samples("tests/quirks/good", true);
	check_samples("tests/quirks/bad", false);
}
END_TEST

SUITE("quirks", test_ids_select_devices, test_class_and_function_select_devices,
      test_revision_subsystem_and_place_select_devices, test_one_of_several_classes_selects,
      test_hint_needs_its_kernel, test_bad_quirk_is_refused, test_incomplete_quirk_is_refused,
      test_later_quirk_replaces_by_name, test_later_hint_wins,
      test_msix_table_in_a_shared_page_is_relocated, test_msix_table_over_pending_bits_is_relocated,
      test_shipped_quirks_name_their_source, test_sample_files)
