/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "host-builder.h"
#include "policy/offline/grouping.h"
#include "policy/report/rules-diff.h"
#include "recorded-host.h"

START_TEST(test_versions_are_read_in_all_forms)
{
	static const struct {
		const char *word;
		unsigned rules;
	} words[] = {
		{ "kernel-5.8", KERNEL_RULES(5, 8) },
		{ "5.19", KERNEL_RULES(5, 19) },
		{ "kernel-6.12.48+deb13-amd64", KERNEL_RULES(6, 12) },
		{ "6.1.0-32-amd64", KERNEL_RULES(6, 1) },
		{ "7.2", KERNEL_RULES(7, 2) },
		{ "next", KERNEL_RULES_NEXT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		unsigned rules = 0;

		ck_assert_int_eq(kernel_rules_parse(words[i].word, &rules), 0);
		ck_assert_uint_eq(rules, words[i].rules);
	}
}
END_TEST

START_TEST(test_unknown_versions_are_refused)
{
	static const char *const never[] = { "kernel-5.3", "4.19", "5.20",  "6.20", "7.3",
					     "kernel-8.0", "0.1",  "99.99", NULL };
	static const char *const malformed[] = { "",	 "kernel-", "kernel", "6",    "6.",
						 "six",	 "6.x",	    "6.12x",  "Next", " 6.1",
						 "-6.1", "6.1234",  NULL };
	unsigned rules = 7;

	for (size_t i = 0; never[i]; i++)
		ck_assert_int_eq(kernel_rules_parse(never[i], &rules), -ERANGE);
	for (size_t i = 0; malformed[i]; i++)
		ck_assert_int_eq(kernel_rules_parse(malformed[i], &rules), -EINVAL);
	ck_assert_uint_eq(rules, 7);
}
END_TEST

START_TEST(test_release_of_a_host_gives_the_nearest_version)
{
	ck_assert_uint_eq(kernel_rules_of_release("6.12.48+deb13-amd64"), KERNEL_RULES(6, 12));
	ck_assert_uint_eq(kernel_rules_of_release("4.19.0-27-amd64"), KERNEL_RULES_OLDEST);
	ck_assert_uint_eq(kernel_rules_of_release("9.1"), KERNEL_RULES_NEWEST);
	ck_assert_uint_eq(kernel_rules_of_release("mine"), KERNEL_RULES_NEWEST);
	ck_assert_uint_eq(kernel_rules_of_release(NULL), KERNEL_RULES_NEWEST);
}
END_TEST

/* Returns "now[a b][c] then[a b c] because rule rule", a line for each change. */
static char *describe_changes(const struct inventory *inv, const char *word)
{
	_cleanup_rules_diff_ struct rules_diff diff = { 0 };
	char *text = strdup("");
	unsigned rules;

	ck_assert_int_eq(kernel_rules_parse(word, &rules), 0);
	ck_assert_int_eq(rules_diff_find(inv, rules, &diff), 0);
	VEC_FOREACH(const struct rules_change, change, &diff.changes) {
		_cleanup_free_ char *keys = host_builder_join_keys(&change->devices),
				    *before = text;
		_cleanup_strv_ char **names = NULL;
		_cleanup_free_ char *because = NULL;

		VEC_FOREACH(const struct kernel_rule, rule, &change->rules)
			ck_assert_int_eq(strv_add(&names, rule->name), 0);
		because = strv_join(names, " ");
		text = str_printf("%s%s%s: %s\n", before, keys,
				  change->parts && change->joins ? " move" :
				  change->parts			 ? " part" :
								   " join",
				  because);
		ck_assert_ptr_nonnull(text);
	}
	return text;
}

static void check_changes(const char *host, const char *word, const char *expected)
{
	_cleanup_inventory_ struct inventory *inv = recorded_host_load(host);
	_cleanup_free_ char *actual = describe_changes(inv, word);

	ck_assert_str_eq(actual, expected);
}

START_TEST(test_each_version_has_its_rules)
{
	const char *host = "kernel-rules.lspci";

	check_changes(host, "kernel-7.2", "");
	check_changes(host, "kernel-6.12", "");
	check_changes(host, "kernel-6.11", "0000:0a:00.0 0000:0a:00.1 part: glenfly-alias\n");
	check_changes(host, "kernel-5.19",
		      "0000:01:00.0 0000:01:00.1 join: bcm5750x-isolates\n"
		      "0000:0a:00.0 0000:0a:00.1 part: glenfly-alias\n");
	check_changes(host, "kernel-5.8",
		      "0000:01:00.0 0000:01:00.1 join: bcm5750x-isolates\n"
		      "0000:0a:00.0 0000:0a:00.1 part: glenfly-alias\n");
	check_changes(host, "kernel-5.7",
		      "0000:00:14.0 0000:00:14.2 join: rciep-isolates\n"
		      "0000:01:00.0 0000:01:00.1 join: bcm5750x-isolates\n"
		      "0000:0a:00.0 0000:0a:00.1 part: glenfly-alias\n");
	check_changes(host, "kernel-5.5",
		      "0000:00:0e.0 10000:e0:06.0 10000:e1:00.0 part: vmd-owner\n"
		      "0000:00:14.0 0000:00:14.2 join: rciep-isolates\n"
		      "0000:01:00.0 0000:01:00.1 join: bcm5750x-isolates\n"
		      "0000:0a:00.0 0000:0a:00.1 part: glenfly-alias\n");
}
END_TEST

START_TEST(test_series_looks_at_whole_buses)
{
	check_changes("kernel-rules.lspci", "next",
		      "0000:00:02.0 0000:02:00.0 part: root-port-without-acs\n"
		      "0000:03:00.0 0000:03:00.1 0000:03:00.2 join: functions-mixed\n"
		      "0000:04:00.0 0000:05:01.0 0000:05:02.0 part: bridge-alone\n"
		      "0000:07:08.0 0000:07:09.0 0000:08:00.0 0000:09:00.0 join: switch-ports\n");
}
END_TEST

/* The kernel of this snapshot made its groups, and the rules make the same. */
START_TEST(test_groups_of_a_kernel_are_the_base)
{
	check_changes("lab-default.json", "next",
		      "0000:00:1f.0 0000:00:1f.2 0000:00:1f.3 part: functions-without-acs\n"
		      "0000:07:00.0 0000:07:01.0 0000:08:00.0 0000:09:00.0 join: switch-ports\n");
}
END_TEST

/* Groups that no rule here makes, as with pcie_acs_override, have no prediction. */
START_TEST(test_other_groups_have_no_prediction)
{
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-default.json");
	struct device *device = inventory_find(inv, "0000:00:1f.3");
	_cleanup_rules_diff_ struct rules_diff diff = { 0 };
	_cleanup_free_ char *keys = NULL;

	ck_assert_int_eq(inventory_set_group(inv, device, 4711), 0);
	ck_assert_int_eq(rules_diff_find(inv, KERNEL_RULES_NEXT, &diff), 0);
	keys = host_builder_join_keys(&diff.puzzling);
	ck_assert_str_eq(keys, "0000:00:1f.0 0000:00:1f.2 0000:00:1f.3");
	ck_assert_uint_eq(diff.changes.n, 1);
}
END_TEST

START_TEST(test_what_a_dump_lacks_is_unknown)
{
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("no-root.lspci");
	_cleanup_rules_diff_ struct rules_diff diff = { 0 };

	ck_assert_int_eq(rules_diff_find(inv, KERNEL_RULES_NEXT, &diff), 0);
	ck_assert_uint_gt(diff.unknown.n, 0);
	VEC_FOREACH(const struct rules_change, change, &diff.changes)
		VEC_FOREACH(const struct device, device, &change->devices)
			ck_assert(!grouping_is_unsure(inv, device));
}
END_TEST

START_TEST(test_host_without_iommu_has_no_groups)
{
	_cleanup_inventory_ struct inventory *inv = recorded_host_load("lab-no-iommu.json");
	_cleanup_rules_diff_ struct rules_diff diff = { 0 };

	ck_assert_int_eq(rules_diff_find(inv, KERNEL_RULES_NEXT, &diff), 0);
	ck_assert(diff.no_groups);
}
END_TEST

SUITE("kernel-rules", test_versions_are_read_in_all_forms, test_unknown_versions_are_refused,
      test_release_of_a_host_gives_the_nearest_version, test_each_version_has_its_rules,
      test_series_looks_at_whole_buses, test_groups_of_a_kernel_are_the_base,
      test_other_groups_have_no_prediction, test_what_a_dump_lacks_is_unknown,
      test_host_without_iommu_has_no_groups)
