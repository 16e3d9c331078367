/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "base/utf8.h"
#include "daemon/refusal.h"

#define LONG (64 * 1024)

static bool is_utf8(const char *s)
{
	size_t left = strlen(s), n;

	for (; left > 0; s += n, left -= n) {
		n = utf8_length(s, left);
		if (n == 0)
			return false;
	}
	return true;
}

START_TEST(test_a_short_text_stays)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };

	ck_assert(!refusal_set(&refusal, REFUSED_BUSY, "Group %s is busy.", "nic0"));
	ck_assert_int_eq(refusal.kind, REFUSED_BUSY);
	ck_assert_str_eq(refusal.text, "Group nic0 is busy.");
}
END_TEST

/* A character of three bytes fills the text with an incomplete one in two of three cases. */
START_TEST(test_a_long_name_is_cut_between_characters)
{
	static char name[LONG + 1];

	for (size_t i = 0; i + 3 <= LONG; i += 3)
		memcpy(name + i, "\xe2\x82\xac", 3);
	for (int blanks = 0; blanks < 3; blanks++) {
		_cleanup_refusal_ struct refusal refusal = { 0 };

		refusal_set(&refusal, REFUSED_NO_SUCH_GROUP, "%*s%s", blanks, "", name);
		ck_assert_uint_le(strlen(refusal.text), 4096);
		ck_assert_uint_gt(strlen(refusal.text), 4000);
		ck_assert(is_utf8(refusal.text));
	}
}
END_TEST

SUITE("refusal", test_a_short_text_stays, test_a_long_name_is_cut_between_characters)
