/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "base/private.h"
#include "base/str.h"

#define ALICE 1000
#define BOB 1001

static void ck_assert_shown(const char *text, uid_t reader, const char *expected)
{
	_cleanup_free_ char *copy = strdup(text);

	ck_assert_str_eq(private_show(copy, reader), expected);
}

static char *make_text(void)
{
	_cleanup_free_ char *a = private_mark(ALICE, "pid 1 (fio)", "a process"),
			    *b = private_mark(BOB, "pid 2 (dd)", "a process");

	return str_printf("in use by %s, %s.", a, b);
}

START_TEST(test_each_reader_gets_its_own)
{
	_cleanup_free_ char *text = make_text();

	ck_assert_shown(text, 0, "in use by pid 1 (fio), pid 2 (dd).");
	ck_assert_shown(text, ALICE, "in use by pid 1 (fio), a process.");
	ck_assert_shown(text, BOB, "in use by a process, pid 2 (dd).");
	ck_assert_shown(text, 1002, "in use by a process, a process.");
	ck_assert_shown(text, PRIVATE_NO_READER, "in use by a process, a process.");
	ck_assert_shown("no marks", 0, "no marks");
	ck_assert_shown("", PRIVATE_NO_READER, "");
}
END_TEST

/* A part of an unknown user is root's. */
START_TEST(test_unknown_owner)
{
	_cleanup_free_ char *text = private_mark(PRIVATE_NO_READER, "x", "y");

	ck_assert_shown(text, PRIVATE_NO_READER, "y");
	ck_assert_shown(text, ALICE, "y");
	ck_assert_shown(text, 0, "x");
}
END_TEST

START_TEST(test_cut_text_hides)
{
	_cleanup_free_ char *text = make_text();

	for (size_t size = strlen(text); size-- > 0;) {
		_cleanup_free_ char *cut = strndup(text, size), *shown = strdup(cut);

		private_show(shown, 1002);
		ck_assert_msg(!strstr(shown, "pid") && !strstr(shown, "fio"), "%s", shown);
		ck_assert_ptr_null(strpbrk(shown, "\001\002\003\004"));
	}
}
END_TEST

/* A user who gets marks into a text reveals nothing of others with them. */
START_TEST(test_forged_marks_reveal_nothing)
{
	static const char *const before[] = { "\0011001\002",
					      "\001",
					      "\0010\002",
					      "\003",
					      "\004",
					      "\0011001\002\0011001\002",
					      "\002\003\004\004\004",
					      "\0011001\002\003",
					      "\001x\002\001\001\001\001\001\001\001\001" };

	for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
		_cleanup_free_ char *secret = private_mark(ALICE, "secret", "-");
		_cleanup_free_ char *text = str_printf("%s%s%s", before[i], secret, before[i]);

		private_show(text, BOB);
		ck_assert_msg(!strstr(text, "secret"), "%zu: %s", i, text);
	}
}
END_TEST

START_TEST(test_part_in_a_part)
{
	_cleanup_free_ char *inner = private_mark(ALICE, "inner", "i");
	_cleanup_free_ char *outer = str_printf("\0011001\002a %s b\003o\004", inner);

	ck_assert_shown(outer, 0, "a inner b");
	ck_assert_shown(outer, BOB, "a i b");
	ck_assert_shown(outer, ALICE, "o");
}
END_TEST

SUITE("private", test_each_reader_gets_its_own, test_unknown_owner, test_cut_text_hides,
      test_forged_marks_reveal_nothing, test_part_in_a_part)
