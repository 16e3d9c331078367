/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/group-def.h"

START_TEST(test_new_group_has_defaults)
{
	_cleanup_group_def_ struct group_def *def = group_def_new("nic0");

	ck_assert_str_eq(def->name, "nic0");
	ck_assert_str_eq(def->driver, "auto");
	ck_assert_int_eq(def->bind, BIND_CLAIM);
	ck_assert_int_eq(def->on_release, ON_RELEASE_RESTORE);
	ck_assert_int_eq(def->reset_before, RESET_AUTO);
	ck_assert_int_eq(def->reset_after, RESET_AUTO);
	ck_assert_ptr_null(def->users);
}
END_TEST

START_TEST(test_valid_group_names)
{
	char longest[66];

	memset(longest, 'n', 64);
	longest[64] = '\0';
	ck_assert(group_def_name_valid("nic0"));
	ck_assert(group_def_name_valid("0"));
	ck_assert(group_def_name_valid("gpu.left_2-b"));
	ck_assert(group_def_name_valid(longest));
	strcat(longest, "n");
	ck_assert(!group_def_name_valid(longest));
	ck_assert(!group_def_name_valid(""));
	ck_assert(!group_def_name_valid("."));
	ck_assert(!group_def_name_valid(".."));
	ck_assert(!group_def_name_valid("-x"));
	ck_assert(!group_def_name_valid("_x"));
	ck_assert(!group_def_name_valid("a/b"));
	ck_assert(!group_def_name_valid("a b"));
	ck_assert(!group_def_name_valid("a\n"));
	ck_assert(!group_def_name_valid("gr\xc3\xbc"));
}
END_TEST

START_TEST(test_allowed_drivers)
{
	ck_assert(group_def_driver_allowed("vfio-pci"));
	ck_assert(group_def_driver_allowed("mlx5_vfio_pci"));
	ck_assert(!group_def_driver_allowed("auto"));
	ck_assert(!group_def_driver_allowed("nvme"));
	ck_assert(!group_def_driver_allowed("vfio_pci"));
	ck_assert(!group_def_driver_allowed("vfio-pci\n"));
	ck_assert(!group_def_driver_allowed(""));
}
END_TEST

static void check_description(const struct selector *selector, const char *expected)
{
	_cleanup_free_ char *text = group_def_selector_describe(selector);

	ck_assert_str_eq(text, expected);
}

START_TEST(test_text_of_selector)
{
	_cleanup_selector_ struct selector *selector = group_def_selector_new();

	selector->vendor = 0x8086;
	selector->device = 0;
	check_description(selector, "vendor=8086 device=0000");
	selector->class_code = 2;
	selector->class_digits = 2;
	selector->nth = 0;
	check_description(selector, "vendor=8086 device=0000 class=02 nth=0");
	ck_assert_int_eq(str_set(&selector->address, "0000:01:00.0"), 0);
	check_description(selector, "address=0000:01:00.0 vendor=8086 device=0000 class=02 nth=0");
}
END_TEST

START_TEST(test_text_of_address_selector)
{
	_cleanup_selector_ struct selector *selector = group_def_selector_new();

	ck_assert_int_eq(str_set(&selector->address, "platform:fe200000.dma"), 0);
	check_description(selector, "platform:fe200000.dma");
	ck_assert_int_eq(str_set(&selector->serial, "42"), 0);
	check_description(selector, "address=platform:fe200000.dma serial=42");
}
END_TEST

START_TEST(test_text_of_vf_selector)
{
	_cleanup_selector_ struct selector *selector = group_def_selector_new();

	ck_assert_int_eq(str_set(&selector->vf_of, "0000:02:00.0"), 0);
	selector->index = 2;
	check_description(selector, "vf-of=0000:02:00.0 index=2");
}
END_TEST

START_TEST(test_enum_names_round_trip)
{
	enum group_def_bind bind = BIND_CLAIM;
	enum group_def_on_release on_release = ON_RELEASE_RESTORE;
	enum group_def_reset reset = RESET_AUTO;

	ck_assert_int_eq(group_def_bind_from_string("boot", &bind), 0);
	ck_assert_int_eq(bind, BIND_BOOT);
	ck_assert_int_eq(group_def_on_release_from_string("none", &on_release), 0);
	ck_assert_int_eq(on_release, ON_RELEASE_NONE);
	ck_assert_int_eq(group_def_reset_from_string("require", &reset), 0);
	ck_assert_int_eq(reset, RESET_REQUIRE);
	for (unsigned i = BIND_CLAIM; i <= BIND_BOOT; i++)
		ck_assert_int_eq(group_def_bind_from_string(group_def_bind_to_string(i), &bind), 0);
	for (unsigned i = ON_RELEASE_RESTORE; i <= ON_RELEASE_NONE; i++)
		ck_assert_int_eq(group_def_on_release_from_string(group_def_on_release_to_string(i),
								  &on_release),
				 0);
	for (unsigned i = RESET_AUTO; i <= RESET_REQUIRE; i++)
		ck_assert_int_eq(group_def_reset_from_string(group_def_reset_to_string(i), &reset),
				 0);

	ck_assert_int_eq(group_def_bind_from_string("Boot", &bind), -EINVAL);
	ck_assert_int_eq(group_def_on_release_from_string("", &on_release), -EINVAL);
	ck_assert_int_eq(group_def_reset_from_string("flr", &reset), -EINVAL);
	ck_assert_int_eq(bind, BIND_BOOT);
}
END_TEST

SUITE("group-def", test_new_group_has_defaults, test_valid_group_names, test_allowed_drivers,
      test_text_of_selector, test_text_of_address_selector, test_text_of_vf_selector,
      test_enum_names_round_trip)
