/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <errno.h>

#include "base/str.h"

START_TEST(test_equality_and_prefix)
{
	ck_assert(str_eq(NULL, NULL));
	ck_assert(!str_eq(NULL, ""));
	ck_assert(!str_eq("", NULL));
	ck_assert(str_eq("vfio-pci", "vfio-pci"));
	ck_assert(!str_eq("vfio-pci", "vfio-pc"));
	ck_assert(str_starts("pci:0000", "pci:"));
	ck_assert(str_starts("x", ""));
	ck_assert(!str_starts("pc", "pci"));
	ck_assert(str_empty(NULL) && str_empty("") && !str_empty(" "));
}
END_TEST

START_TEST(test_set_copies_the_text)
{
	_cleanup_free_ char *s = NULL;

	ck_assert_int_eq(str_set(&s, "one"), 0);
	ck_assert_str_eq(s, "one");
	ck_assert_int_eq(str_set(&s, s + 1), 0); /* a part of itself */
	ck_assert_str_eq(s, "ne");
	ck_assert_int_eq(str_set(&s, NULL), 0);
	ck_assert_ptr_null(s);
}
END_TEST

START_TEST(test_chomp_strips_trailing_blanks)
{
	char line[] = "e1000e \t\n", blank[] = " \n", empty[] = "", inner[] = " a b";

	ck_assert_str_eq(str_chomp(line), "e1000e");
	ck_assert_str_eq(str_chomp(blank), "");
	ck_assert_str_eq(str_chomp(empty), "");
	ck_assert_str_eq(str_chomp(inner), " a b");
}
END_TEST

static const struct {
	const char *text;
	unsigned base;
	uint64_t max;
	int r;
	uint64_t value;
} numbers[] = {
	{ "0", 10, 255, 0, 0 },
	{ "255", 10, 255, 0, 255 },
	{ "256", 10, 255, -ERANGE, 0 },
	{ "0x8086", 16, 0xffff, 0, 0x8086 },
	{ "ffff", 16, 0xffff, 0, 0xffff },
	{ "10000", 16, 0xffff, -ERANGE, 0 },
	{ "18446744073709551615", 10, UINT64_MAX, 0, UINT64_MAX },
	{ "18446744073709551616", 10, UINT64_MAX, -ERANGE, 0 },
	{ "", 10, 255, -EINVAL, 0 },
	{ " 1", 10, 255, -EINVAL, 0 },
	{ "1 ", 10, 255, -EINVAL, 0 },
	{ "1\n", 10, 255, -EINVAL, 0 },
	{ "-1", 10, UINT64_MAX, -EINVAL, 0 },
	{ "+1", 10, 255, -EINVAL, 0 },
	{ "1x", 10, 255, -EINVAL, 0 },
	{ "a", 10, 255, -EINVAL, 0 },
	{ "g", 16, 255, -EINVAL, 0 },
};

START_TEST(test_number_is_parsed)
{
	uint64_t value = 77;

	ck_assert_int_eq(str_parse_u64(numbers[_i].text, numbers[_i].base, numbers[_i].max, &value),
			 numbers[_i].r);
	ck_assert_uint_eq(value, numbers[_i].r < 0 ? 77 : numbers[_i].value);
}
END_TEST

START_TEST(test_uint_is_parsed)
{
	unsigned value = 77;

	ck_assert_int_eq(str_parse_uint("4294967296", &value), -ERANGE);
	ck_assert_int_eq(str_parse_uint("0x10", &value), -EINVAL);
	ck_assert_uint_eq(value, 77);
	ck_assert_int_eq(str_parse_uint("4294967295", &value), 0);
	ck_assert_uint_eq(value, UINT32_MAX);
}
END_TEST

static const struct {
	const char *text;
	int r;
	uint64_t value;
} sizes[] = {
	{ "0", 0, 0 },
	{ "4096", 0, 4096 },
	{ "4096B", 0, 4096 },
	{ "64K", 0, 65536 },
	{ "16G", 0, 16ULL << 30 },
	{ "16GB", 0, 16ULL << 30 },
	{ "16GiB", 0, 16ULL << 30 },
	{ "2T", 0, 2ULL << 40 },
	{ "15E", 0, 15ULL << 60 },
	{ "16E", -ERANGE, 0 },
	{ "18446744073709551616", -ERANGE, 0 },
	{ "infinity", 0, UINT64_MAX },
	{ "", -EINVAL, 0 },
	{ "G", -EINVAL, 0 },
	{ "16g", -EINVAL, 0 },
	{ "16 G", -EINVAL, 0 },
	{ "1.5G", -EINVAL, 0 },
	{ "-1", -EINVAL, 0 },
	{ "16iB", -EINVAL, 0 },
	{ "16Gi", -EINVAL, 0 },
	{ "16GiBB", -EINVAL, 0 },
	{ "16GG", -EINVAL, 0 },
	{ "Infinity", -EINVAL, 0 },
};

START_TEST(test_size_is_parsed)
{
	uint64_t value = 77;

	ck_assert_int_eq(str_parse_size(sizes[_i].text, &value), sizes[_i].r);
	ck_assert_uint_eq(value, sizes[_i].r < 0 ? 77 : sizes[_i].value);
}
END_TEST

/* Each text sorts before all that follow. */
static const char *const ordered[] = {
	"",
	"1",
	"01",
	"2",
	"10",
	"99999999999999999999998",
	"99999999999999999999999",
	"100000000000000000000000",
	"eth",
	"eth2",
	"eth2a",
	"eth10",
	"nic",
	"nic-1",
	"nic0",
};

START_TEST(test_natural_order)
{
	for (size_t i = 0; i < ARRAY_SIZE(ordered); i++)
		for (size_t j = 0; j < ARRAY_SIZE(ordered); j++) {
			int order = str_natural_cmp(ordered[i], ordered[j]);

			ck_assert_msg(i < j ? order < 0 :
				      i > j ? order > 0 :
					      order == 0,
				      "%s and %s: %d", ordered[i], ordered[j], order);
		}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("str");
	TCase *tcase = tcase_create("str");

	tcase_add_test(tcase, test_equality_and_prefix);
	tcase_add_test(tcase, test_set_copies_the_text);
	tcase_add_test(tcase, test_chomp_strips_trailing_blanks);
	tcase_add_loop_test(tcase, test_number_is_parsed, 0, ARRAY_SIZE(numbers));
	tcase_add_test(tcase, test_uint_is_parsed);
	tcase_add_loop_test(tcase, test_size_is_parsed, 0, ARRAY_SIZE(sizes));
	tcase_add_test(tcase, test_natural_order);
	suite_add_tcase(suite, tcase);
	return suite;
}
