/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include "model/blocker.h"

START_TEST(test_force_overrides_only_soft_blockers)
{
	_cleanup_blockers_ struct vec blockers = {};
	const struct blocker *first;

	ck_assert_ptr_null(blockers_first(&blockers, false));
	ck_assert_ptr_null(blockers_first(&blockers, true));

	ck_assert_int_eq(blocker_add(&blockers, false, "no-reset", "0000:01:00.0", "soft"), 0);
	ck_assert_str_eq(blockers_first(&blockers, false)->code, "no-reset");
	ck_assert_ptr_null(blockers_first(&blockers, true));

	ck_assert_int_eq(blocker_add(&blockers, true, "mounted", "0000:01:00.1", "%s carries %s",
				     "nvme0n1p1", "/boot"),
			 0);
	first = blockers_first(&blockers, true);
	ck_assert_str_eq(first->code, "mounted");
	ck_assert_str_eq(first->device, "0000:01:00.1");
	ck_assert_str_eq(first->text, "nvme0n1p1 carries /boot");
	/* the hard blocker comes first: --force does not help against it */
	ck_assert_ptr_eq(blockers_first(&blockers, false), first);
}
END_TEST

static const struct {
	bool hard;
	const char *code, *device, *text;
} variants[] = {
	{ false, "busy", "a", "text" },
	{ true, "idle", "a", "text" },
	{ true, "busy", "b", "text" },
	{ true, "busy", "a", "other" },
};

START_TEST(test_blockers_equal_compares_all_fields)
{
	_cleanup_blockers_ struct vec a = {}, b = {}, c = {};

	ck_assert(blockers_equal(&a, &b));
	ck_assert_int_eq(blocker_add(&a, true, "busy", "a", "text"), 0);
	ck_assert(!blockers_equal(&a, &b));
	ck_assert_int_eq(blocker_add(&b, true, "busy", "a", "text"), 0);
	ck_assert(blockers_equal(&a, &b));
	ck_assert_int_eq(blocker_add(&c, variants[_i].hard, variants[_i].code, variants[_i].device,
				     "%s", variants[_i].text),
			 0);
	ck_assert(!blockers_equal(&a, &c));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("blocker");
	TCase *tcase = tcase_create("blocker");

	tcase_add_test(tcase, test_force_overrides_only_soft_blockers);
	tcase_add_loop_test(tcase, test_blockers_equal_compares_all_fields, 0,
			    ARRAY_SIZE(variants));
	suite_add_tcase(suite, tcase);
	return suite;
}
