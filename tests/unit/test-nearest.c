/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include "base/nearest.h"

static const char *const words[] = { "claim", "release", "run", "nic1", "nic10", NULL };

START_TEST(test_a_typo_gets_the_nearest_word)
{
	ck_assert_str_eq(nearest_find("cliam", words), "claim");
	ck_assert_str_eq(nearest_find("relase", words), "release");
	ck_assert_str_eq(nearest_find("rum", words), "run");
	ck_assert_str_eq(nearest_find("nic2", words), "nic1");
	ck_assert_str_eq(nearest_find("NIC10", words), "nic10");
}
END_TEST

START_TEST(test_a_different_word_gets_none)
{
	static const char *const none[] = { NULL };

	ck_assert_ptr_null(nearest_find("list", words));
	ck_assert_ptr_null(nearest_find("x", words));
	ck_assert_ptr_null(nearest_find("", words));
	ck_assert_ptr_null(nearest_find("claim", none));
}
END_TEST

SUITE("nearest", test_a_typo_gets_the_nearest_word, test_a_different_word_gets_none)
