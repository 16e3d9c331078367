/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The main program of every unit test. A test file includes this header first, writes its
 * START_TESTs, and defines make_suite() or uses SUITE(). The makefile links it to the library of
 * its layer and to those below, and to no other.
 */

#undef NDEBUG

#include <assert.h>
#include <stdlib.h>

#include <check.h>

static Suite *make_suite(void);

/* Defines a suite of one case, for files without a fixture: SUITE("vec", test_add, test_remove). */
#define SUITE(name, ...)                                                      \
	static Suite *make_suite(void)                                        \
	{                                                                     \
		const TTest *const tests[] = { __VA_ARGS__ };                 \
		Suite *suite = suite_create(name);                            \
		TCase *tcase = tcase_create(name);                            \
                                                                              \
		for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) \
			tcase_add_test(tcase, tests[i]);                      \
		suite_add_tcase(suite, tcase);                                \
		return suite;                                                 \
	}

/* Defines a suite of one case that calls @set_up before each test, and @tear_down after it. */
#define SUITE_WITH_FIXTURE(name, set_up, tear_down, ...)                      \
	static Suite *make_suite(void)                                        \
	{                                                                     \
		const TTest *const tests[] = { __VA_ARGS__ };                 \
		Suite *suite = suite_create(name);                            \
		TCase *tcase = tcase_create(name);                            \
                                                                              \
		tcase_add_checked_fixture(tcase, set_up, tear_down);          \
		for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) \
			tcase_add_test(tcase, tests[i]);                      \
		suite_add_tcase(suite, tcase);                                \
		return suite;                                                 \
	}

int main(void)
{
	SRunner *runner = srunner_create(make_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
