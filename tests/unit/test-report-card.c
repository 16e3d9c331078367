/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/config/def-set.h"
#include "policy/report/report-card.h"
#include "recorded-host.h"

/* Returns "slot peer-to-peer 2, hardware conventional-pci 4, …". */
static char *advice_codes(const struct inventory *inv)
{
	_cleanup_report_card_ struct report_card card = { 0 };
	_cleanup_strv_ char **words = NULL;

	ck_assert_int_eq(report_card_make(inv, NULL, &card), 0);
	VEC_FOREACH(const struct report_advice, advice, &card.advice) {
		_cleanup_free_ char *word =
			str_printf("%s %s %zu", report_card_place_to_string(advice->place),
				   advice->code, strv_length(advice->devices));

		ck_assert_ptr_nonnull(advice->text);
		ck_assert_ptr_null(strchr(advice->text, '%'));
		ck_assert_int_eq(strv_add(&words, word), 0);
	}
	return strv_join(words, ", ");
}

static const struct {
	const char *host, *codes;
} hosts[] = {
	{ "lab-default.json",
	  "slot peer-to-peer 2, hardware switch-without-acs 2, hardware conventional-pci 4, "
	  "hardware multifunction-device 4, slot wide-reset 5, hardware no-reset 3, "
	  "hardware sr-iov-unused 1" },
	{ "lab-no-iommu.json",
	  "firmware no-iommu 0, slot wide-reset 5, hardware no-reset 3, hardware sr-iov-unused 1" },
	{ "lab-pseries.json", "firmware no-eeh 0, slot platform-pe 2, hardware "
			      "multifunction-device 3, hardware no-reset 3, "
			      "hardware sr-iov-unused 1" },
	{ "desktop.lspci",
	  "slot root-port-without-acs 2, firmware acs-not-enabled 1, "
	  "hardware multifunction-device 5, hardware no-reset 4, slot wide-reset 2" },
	{ "server.lspci", "hardware multifunction-device 4, hardware conventional-pci 1" },
};

START_TEST(test_advice_for_recorded_hosts)
{
	_cleanup_inventory_ struct inventory *inv = recorded_host_load(hosts[_i].host);
	_cleanup_free_ char *codes = advice_codes(inv);

	ck_assert_str_eq(codes, hosts[_i].codes);
}
END_TEST

/* A reset that a quirk forbids gives no mark, and the advice says so. */
START_TEST(test_forbidden_reset_gives_no_mark)
{
	static const char text[] =
		"{ \"quirks\": { \"q\": { \"ids\": [ \"8086:10c9\" ], \"topic\": \"reset\", "
		"\"text\": "
		"\"T.\", \"source\": \"s\", \"reset\": { \"never\": [ \"flr\", \"pm\" ] } } } }";
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-default.json");
	_cleanup_def_set_ struct def_set *quirks = def_set_new();
	_cleanup_report_card_ struct report_card before = { 0 }, after = { 0 };

	quirks->kind = DEF_FILE_QUIRKS;
	ck_assert_int_eq(parse_definitions(quirks, "q.json", text, strlen(text)), 0);
	ck_assert_int_eq(report_card_make(inv, NULL, &before), 0);
	ck_assert_int_eq(report_card_make(inv, &quirks->quirks, &after), 0);
	ck_assert_str_eq(before.marks[2].quality, "own-reset");
	ck_assert_uint_eq(after.marks[2].of, before.marks[2].of);
	ck_assert_uint_eq(after.marks[2].good, before.marks[2].good - 1);
}
END_TEST

/* Advice about unsafe devices comes first, then about unavailable devices, then the rest. */
START_TEST(test_advice_is_sorted_by_importance)
{
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-default.json");
	struct device *nic = inventory_find(inv, "0000:01:00.0");
	struct iommu_group *group = inventory_find_group(inv, nic->iommu_group);
	_cleanup_free_ char *codes = NULL;

	inv->interrupt_remapping = 0;
	ck_assert_int_eq(str_set(&inv->acs_override, "downstream"), 0);
	ck_assert_int_eq(str_set(&group->type, "identity"), 0);
	ck_assert_int_eq(strv_add(&group->reserved, "0x000e0000 0x000fffff direct"), 0);
	codes = advice_codes(inv);
	ck_assert_msg(str_starts(codes, "slot peer-to-peer 2, kernel iommu-pt 1, "
					"kernel acs-override 0, firmware no-interrupt-remapping 0, "
					"firmware rmrr 1, hardware switch-without-acs 2, "),
		      "%s", codes);
}
END_TEST

START_TEST(test_iommu_and_vfio_advice_come_first)
{
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-no-iommu.json");
	_cleanup_free_ char *codes = NULL;

	inv->has_vfio = inv->has_vfio_cdev = false;
	ck_assert_int_eq(strv_add(&inv->iommus, "dmar0 intel-iommu"), 0);
	codes = advice_codes(inv);
	ck_assert_msg(str_starts(codes, "kernel iommu-off 0, kernel no-vfio 0, "), "%s", codes);
}
END_TEST

START_TEST(test_advice_for_bars)
{
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-default.json");
	_cleanup_free_ char *codes = NULL;
	struct device *nic = inventory_find(inv, "0000:01:00.0");

	nic->resources[0] = (struct device_resource){ 0xfe000100, 0xfe0001ff, 0x200 };
	inv->page_size =
		65536; /* with pages of 64 KiB the table at 0 shares its page with registers */
	nic->resources[3].end = nic->resources[3].start + 0x1ffff;
	codes = advice_codes(inv);
	ck_assert_msg(strstr(codes, "kernel unaligned-bar ") != NULL, "%s", codes);
	ck_assert_msg(strstr(codes, "vmm msix-relocation ") != NULL, "%s", codes);
}
END_TEST

START_TEST(test_marks_count_devices)
{
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-default.json");
	_cleanup_inventory_ struct inventory *dump = recorded_host_load("server.lspci");
	_cleanup_report_card_ struct report_card card = { 0 }, other = { 0 };

	ck_assert_int_eq(report_card_make(inv, NULL, &card), 0);
	ck_assert_str_eq(card.marks[1].quality, "alone");
	ck_assert_uint_eq(card.marks[1].good, 6);
	ck_assert_uint_eq(card.marks[1].of, 12);
	ck_assert_uint_eq(card.marks[3].of, 12);
	/* a dump has no reserved regions: they are unknown */
	ck_assert_int_eq(report_card_make(dump, NULL, &other), 0);
	ck_assert_uint_eq(other.marks[3].of, 0);
	ck_assert_uint_gt(other.marks[1].of, 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("report-card");
	TCase *tcase = tcase_create("report-card");

	tcase_add_loop_test(tcase, test_advice_for_recorded_hosts, 0, ARRAY_SIZE(hosts));
	tcase_add_test(tcase, test_advice_is_sorted_by_importance);
	tcase_add_test(tcase, test_iommu_and_vfio_advice_come_first);
	tcase_add_test(tcase, test_advice_for_bars);
	tcase_add_test(tcase, test_marks_count_devices);
	tcase_add_test(tcase, test_forbidden_reset_gives_no_mark);
	suite_add_tcase(suite, tcase);
	return suite;
}
