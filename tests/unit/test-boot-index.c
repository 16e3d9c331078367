/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <errno.h>
#include <string.h>

#include "model/boot-index.h"
#include "model/config/def-set.h"

static char *format_index(const char *json)
{
	_cleanup_def_set_ struct def_set *config = def_set_new();
	char *text;

	ck_assert_int_eq(parse_definitions(config, "test", json, strlen(json)), 0);
	ck_assert(!def_set_has_errors(config));
	ck_assert_int_eq(boot_index_format(&config->groups, &text), 0);
	return text;
}

static const char definitions[] =
	"{ \"groups\": {"
	"  \"gpu\": { \"bind\": \"boot\", \"driver\": \"vfio-pci\", \"devices\": [ \"01:00.0\","
	"    { \"path\": \"0000:00:1c.4/00.0\", \"vendor\": \"8086\", \"device\": \"10d3\" } ] },"
	"  \"late\": { \"devices\": [ \"0000:02:00.0\" ] },"
	"  \"vf\": { \"bind\": \"boot\", \"devices\": [ { \"vf-of\": \"0000:03:00.0\", \"index\": "
	"2 } ] },"
	"  \"disks\": { \"bind\": \"boot\", \"devices\": [ { \"class\": \"0108\", \"nth\": 1 },"
	"    { \"class\": \"0107\" }, { \"class\": \"0108\", \"serial\": \"x\" } ] },"
	"  \"none\": { \"bind\": \"boot\", \"devices\": [ { \"class\": \"0108\", \"nth\": 1 } ] } "
	"} }";

static const char index_text[] = "devgroups-boot-index 1\n"
				 "group disks auto\n"
				 "device class=0107\n"
				 "group gpu vfio-pci\n"
				 "device address=0000:01:00.0\n"
				 "device path=0000:00:1c.4/00.0 vendor=8086 device=10d3\n"
				 "group vf auto\n"
				 "device vf-of=0000:03:00.0 index=2\n";

START_TEST(test_index_holds_only_groups_bound_at_boot)
{
	_cleanup_free_ char *text = format_index(definitions);

	ck_assert_str_eq(text, index_text);
}
END_TEST

START_TEST(test_index_is_read_back_unchanged)
{
	_cleanup_free_ char *again = NULL;
	struct vec groups = { 0 };

	ck_assert_int_eq(boot_index_parse(index_text, &groups), 0);
	ck_assert_uint_eq(groups.n, 3);
	ck_assert_int_eq(boot_index_format(&groups, &again), 0);
	ck_assert_str_eq(again, index_text);
	group_defs_clear(&groups);
}
END_TEST

START_TEST(test_empty_index_has_no_groups)
{
	_cleanup_free_ char *text = format_index("{ }");
	struct vec groups = { 0 };

	ck_assert_int_eq(boot_index_parse(text, &groups), 0);
	ck_assert_uint_eq(groups.n, 0);
}
END_TEST

/* The index decides what is written to driver_override, so an unknown line is refused. */
START_TEST(test_unknown_lines_are_refused)
{
	static const char *const bad[] = {
		"",
		"devgroups-boot-index 2\n",
		"{ \"groups\": {} }",
		"devgroups-boot-index 1\ndevice address=0000:01:00.0\n",
		"devgroups-boot-index 1\ngroup a\n",
		"devgroups-boot-index 1\ngroup a nvme\ndevice address=0000:01:00.0\n",
		"devgroups-boot-index 1\ngroup a/b auto\n",
		"devgroups-boot-index 1\ngroup a auto\ndevice\n",
		"devgroups-boot-index 1\ngroup a auto\ndevice address\n",
		"devgroups-boot-index 1\ngroup a auto\ndevice address=\n",
		"devgroups-boot-index 1\ngroup a auto\ndevice colour=red\n",
		"devgroups-boot-index 1\ngroup a auto\ndevice vendor=xyz\n",
		"devgroups-boot-index 1\ngroup a auto\ndevice class=0108000\n",
		"devgroups-boot-index 1\ngroup a auto\ndevice vf-of=0000:01:00.0 index=-1\n",
		"devgroups-boot-index 1\nfan a auto\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct vec groups = { 0 };

		ck_assert_msg(boot_index_parse(bad[i], &groups) == -EINVAL, "accepted: %s", bad[i]);
		ck_assert_uint_eq(groups.n, 0);
	}
}
END_TEST

SUITE("boot-index", test_index_holds_only_groups_bound_at_boot, test_index_is_read_back_unchanged,
      test_empty_index_has_no_groups, test_unknown_lines_are_refused)
