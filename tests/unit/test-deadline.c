/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include "base/macro.h"
#include "daemon/lease/deadline.h"

static unsigned passed;

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
	passed++;
	return 0;
}

START_TEST(test_the_longest_wait_is_taken)
{
	static const uint64_t waits[] = { UINT64_MAX, UINT64_MAX - 1, (uint64_t)INT64_MAX + 1,
					  UINT64_MAX / 2 };
	_cleanup_(sd_event_unrefp) sd_event *event = NULL;

	ck_assert_int_ge(sd_event_new(&event), 0);
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		_cleanup_(sd_event_source_disable_unrefp) sd_event_source *source = NULL;

		ck_assert_int_eq(deadline_add(event, waits[i], on_deadline, NULL, &source), 0);
		ck_assert_int_eq(sd_event_run(event, 0), 0);
	}
	ck_assert_uint_eq(passed, 0);
}
END_TEST

START_TEST(test_no_wait_ends_at_once)
{
	_cleanup_(sd_event_unrefp) sd_event *event = NULL;
	_cleanup_(sd_event_source_disable_unrefp) sd_event_source *source = NULL;

	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(deadline_add(event, 0, on_deadline, NULL, &source), 0);
	ck_assert_int_gt(sd_event_run(event, UINT64_MAX), 0);
	ck_assert_uint_eq(passed, 1);
}
END_TEST

SUITE("deadline", test_the_longest_wait_is_taken, test_no_wait_ends_at_once)
