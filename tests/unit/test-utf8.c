/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "base/utf8.h"

/* Checks @clean on a copy of @text. */
#define ck_assert_cleaned(clean, text, expected)                                            \
	do {                                                                                \
		_cleanup_free_ char *copy = strdup(text);                                   \
                                                                                            \
		ck_assert_str_eq(clean(copy), expected);                                    \
		ck_assert_int_eq(utf8_is_clean(text), strcmp(text, utf8_clean(copy)) == 0); \
	} while (0)

START_TEST(test_invalid_bytes_are_replaced)
{
	ck_assert_cleaned(utf8_clean,
			  "\xff\xfe"
			  "AB",
			  "??AB");
	ck_assert_cleaned(utf8_clean, "caf\xc3\xa9", "caf\xc3\xa9");
	ck_assert_cleaned(utf8_clean, "caf\xc3", "caf?");	/* cut in a character of two */
	ck_assert_cleaned(utf8_clean, "x\xe2\x82", "x??");	/* of three */
	ck_assert_cleaned(utf8_clean, "x\xf0\x9f\x92", "x???"); /* of four */
	ck_assert_cleaned(utf8_clean, "\xed\xa0\x80\xc0\xaf\xf4\x90\x80\x80", "?????????");
	ck_assert_cleaned(utf8_clean, "", "");
}
END_TEST

START_TEST(test_unsafe_characters_are_replaced)
{
	ck_assert_cleaned(utf8_clean, "a\x1b[2J\x07\x7f\n\t", "a?[2J????");
	ck_assert_cleaned(utf8_clean, "\xc2\x9b", "??"); /* CSI of C1 */
	ck_assert_cleaned(utf8_clean,
			  "\xe2\x80\xae"
			  "abc",
			  "???abc");					     /* U+202E */
	ck_assert_cleaned(utf8_clean, "\xe2\x80\xa8\xe2\x81\xa6", "??????"); /* U+2028 U+2066 */
	ck_assert_cleaned(utf8_clean, "\xef\xbf\xbe\xef\xb7\x90", "??????"); /* noncharacters */
	ck_assert_cleaned(utf8_clean, "\xf0\x9f\xbf\xbf\xef\xbb\xbf", "???????"); /* U+1FFFF */
	ck_assert_cleaned(utf8_clean, "\xef\xbf\xbd\xf0\x9f\x92\xbe\xe2\x80\x8d",
			  "\xef\xbf\xbd\xf0\x9f\x92\xbe\xe2\x80\x8d");
}
END_TEST

START_TEST(test_lines_stay)
{
	ck_assert_cleaned(utf8_clean_lines, "a\tb\nc\r\x1b\xff", "a\tb\nc???");
}
END_TEST

/* A character that the bus takes stays, be it unsafe for a terminal: JSON has line ends. */
START_TEST(test_only_the_invalid_is_replaced_for_the_bus)
{
	ck_assert_cleaned(utf8_clean_for_bus, "a\n\x1b\xe2\x80\xae\xff\xef\xbf\xbf",
			  "a\n\x1b\xe2\x80\xae????");
}
END_TEST

START_TEST(test_set_cleans)
{
	_cleanup_free_ char *text = NULL;

	ck_assert_int_eq(utf8_set(&text, "a\xff"), 0);
	ck_assert_str_eq(text, "a?");
	ck_assert_int_eq(utf8_set(&text, NULL), 0);
	ck_assert_ptr_null(text);
}
END_TEST

START_TEST(test_json_is_escaped)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "{\n\t\"a\": \"\xc3\xa9\"}", "{\n\t\"a\": \"\xc3\xa9\"}" },
		{ "\"\x7f\xc2\x9b\xe2\x80\xae\"", "\"\\u007f\\u009b\\u202e\"" },
		{ "\"\xf0\x9f\xbf\xbf\xff\"", "\"\\ud83f\\udfff\\ufffd\"" },
		{ "", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *actual = utf8_escape_json(cases[i].text);

		ck_assert_str_eq(actual, cases[i].expected);
	}
}
END_TEST

/* A character that does not fit whole is left out. */
START_TEST(test_fit_cuts_between_characters)
{
	char to[6];

	ck_assert_str_eq(utf8_fit(to, sizeof(to), "abcd\xc3\xa9"), "abcd");
	ck_assert_str_eq(utf8_fit(to, sizeof(to), "abc\xc3\xa9"), "abc\xc3\xa9");
	ck_assert_str_eq(utf8_fit(to, sizeof(to), "ab\xff\x01\xe2\x82"), "ab\xff\x01\xe2");
	ck_assert_str_eq(utf8_fit(to, sizeof(to), ""), "");
	ck_assert_str_eq(utf8_fit(to, 1, "a"), "");
}
END_TEST

SUITE("utf8", test_invalid_bytes_are_replaced, test_unsafe_characters_are_replaced, test_lines_stay,
      test_only_the_invalid_is_replaced_for_the_bus, test_set_cleans,
      test_fit_cuts_between_characters, test_json_is_escaped)
