/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include "base/strv.h"

START_TEST(test_list_operations)
{
	_cleanup_strv_ char **list = NULL, **copy = NULL, **none = NULL;
	_cleanup_free_ char *joined = NULL, *empty = NULL;

	ck_assert_uint_eq(strv_length(NULL), 0);
	ck_assert(!strv_contains(NULL, "a"));
	ck_assert(strv_equal(NULL, NULL));
	ck_assert_int_eq(strv_copy(NULL, &none), 0);
	ck_assert_uint_eq(strv_length(none), 0);
	empty = strv_join(NULL, ",");
	ck_assert_str_eq(empty, "");

	ck_assert_int_eq(strv_split("  flr pm\tbus ", " \t", &list), 0);
	ck_assert_uint_eq(strv_length(list), 3);
	ck_assert(strv_contains(list, "pm") && !strv_contains(list, "p"));
	joined = strv_join(list, ", ");
	ck_assert_str_eq(joined, "flr, pm, bus");

	ck_assert_int_eq(strv_copy(list, &copy), 0);
	ck_assert(strv_equal(list, copy));
	ck_assert_ptr_ne(list[0], copy[0]);
	ck_assert_int_eq(strv_add(&copy, "acpi"), 0);
	ck_assert(!strv_equal(list, copy));
	ck_assert_int_eq(strv_add(&list, "cxl_bus"), 0);
	ck_assert(!strv_equal(list, copy));
	ck_assert_str_eq(copy[3], "acpi");
	ck_assert_ptr_null(copy[4]);
}
END_TEST

START_TEST(test_split_of_blanks_is_empty)
{
	_cleanup_strv_ char **list = NULL;

	ck_assert_int_eq(strv_split(" \n", " \n", &list), 0);
	ck_assert_uint_eq(strv_length(list), 0);
}
END_TEST

START_TEST(test_builder_appends)
{
	_cleanup_strv_builder_ struct strv_builder builder = { 0 };
	_cleanup_strv_ char **list = NULL;
	char word[8];

	ck_assert_ptr_null(strv_builder_take(&builder));
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(word, sizeof(word), "%u", i);
		ck_assert_int_eq(strv_builder_add(&builder, word), 0);
		ck_assert_uint_eq(strv_length(builder.list), i + 1);
	}
	list = strv_builder_take(&builder);
	ck_assert_ptr_null(builder.list);
	ck_assert_str_eq(list[0], "0");
	ck_assert_str_eq(list[999], "999");
	builder = strv_builder_of(TAKE_PTR(list));
	ck_assert_int_eq(strv_builder_add(&builder, "1000"), 0);
	ck_assert_uint_eq(strv_length(builder.list), 1001);
	strv_builder_clear(&builder);
	ck_assert_int_eq(strv_builder_add(&builder, "again"), 0);
	ck_assert_uint_eq(strv_length(builder.list), 1);
}
END_TEST

SUITE("strv", test_list_operations, test_split_of_blanks_is_empty, test_builder_appends)
