/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include "base/macro.h"
#include "model/error-state.h"

/* The difference that another reading finds. */
enum { READ_NOTHING, READ_CORRECTED, READ_FATAL_ABOVE, READ_FATAL_OWN, READ_CONTAINED };

static struct device_errors make_reading(const struct device_errors *before, int what)
{
	struct device_errors after = *before;

	after.correctable += what == READ_CORRECTED;
	after.fatal_above += what == READ_FATAL_ABOVE;
	after.fatal += what == READ_FATAL_OWN;
	after.contained = what == READ_CONTAINED;
	return after;
}

static void ck_assert_next(enum error_state state, enum error_event event, int what, bool driven,
			   enum error_state expected)
{
	const struct device_errors before = { .state = state,
					      .above_known = true,
					      .fatal_above = 2,
					      .fatal_old = 2,
					      .correctable = 5 };
	const struct device_errors after = make_reading(&before, what);

	ck_assert_str_eq(error_state_to_string(error_state_next(&before, &after, event, driven)),
			 error_state_to_string(expected));
}

static const struct {
	enum error_state state;
	enum error_event event;
	int reading;
	bool driven;
	enum error_state expected;
} cases[] = {
	{ ERROR_OK, ERROR_EVENT_NONE, READ_NOTHING, true, ERROR_OK },
	{ ERROR_OK, ERROR_EVENT_NONE, READ_CORRECTED, true, ERROR_CORRECTABLE },
	{ ERROR_RECOVERED, ERROR_EVENT_NONE, READ_CORRECTED, true, ERROR_RECOVERED },
	{ ERROR_FAILED, ERROR_EVENT_NONE, READ_CORRECTED, false, ERROR_FAILED },
	/* non-fatal: every driver continues, a VFIO driver as well */
	{ ERROR_OK, ERROR_EVENT_BEGIN, READ_NOTHING, true, ERROR_RECOVERING },
	{ ERROR_RECOVERING, ERROR_EVENT_SUCCESS, READ_NOTHING, true, ERROR_RECOVERED },
	{ ERROR_RECOVERING, ERROR_EVENT_SUCCESS, READ_NOTHING, false, ERROR_RECOVERED },
	{ ERROR_RECOVERING, ERROR_EVENT_FAILED, READ_NOTHING, true, ERROR_FAILED },
	/* fatal: counted by the port, counted by the device, or contained by DPC */
	{ ERROR_OK, ERROR_EVENT_BEGIN, READ_FATAL_ABOVE, true, ERROR_FROZEN },
	{ ERROR_OK, ERROR_EVENT_BEGIN, READ_FATAL_OWN, true, ERROR_FROZEN },
	{ ERROR_OK, ERROR_EVENT_BEGIN, READ_CONTAINED, true, ERROR_FROZEN },
	{ ERROR_FROZEN, ERROR_EVENT_SUCCESS, READ_NOTHING, true, ERROR_RECOVERED },
	{ ERROR_FROZEN, ERROR_EVENT_SUCCESS, READ_NOTHING, false, ERROR_FATAL },
	{ ERROR_FROZEN, ERROR_EVENT_SUCCESS, READ_CONTAINED, true, ERROR_FROZEN },
	{ ERROR_OK, ERROR_EVENT_FAILED, READ_NOTHING, false, ERROR_FAILED },
	/* a lesser error does not restore a lost state */
	{ ERROR_FATAL, ERROR_EVENT_BEGIN, READ_NOTHING, false, ERROR_FROZEN },
	{ ERROR_FATAL, ERROR_EVENT_NONE, READ_NOTHING, false, ERROR_FATAL },
	/* frozen without an event: a reading finds EEH or DPC */
	{ ERROR_OK, ERROR_EVENT_NONE, READ_CONTAINED, false, ERROR_FROZEN },
	{ ERROR_FAILED, ERROR_EVENT_NONE, READ_CONTAINED, false, ERROR_FAILED },
	/* an AER recovery is running: only its own end counts */
	{ ERROR_FROZEN, ERROR_EVENT_NONE, READ_NOTHING, false, ERROR_FROZEN },
};

START_TEST(test_next_state)
{
	ck_assert_next(cases[_i].state, cases[_i].event, cases[_i].reading, cases[_i].driven,
		       cases[_i].expected);
}
END_TEST

START_TEST(test_thawed_device_is_recovered_or_fatal)
{
	struct device_errors before = { .state = ERROR_FROZEN, .contained = true };
	struct device_errors after = { .state = ERROR_FROZEN };

	ck_assert_int_eq(error_state_next(&before, &after, ERROR_EVENT_NONE, true),
			 ERROR_RECOVERED);
	ck_assert_int_eq(error_state_next(&before, &after, ERROR_EVENT_NONE, false), ERROR_FATAL);
}
END_TEST

/* The kernel sends no final event for a device on a VFIO driver. */
START_TEST(test_quiet_device_has_recovered)
{
	struct device_errors before = { .state = ERROR_RECOVERING };
	struct device_errors after = { .state = ERROR_RECOVERING, .quiet = true };

	ck_assert_int_eq(error_state_next(&before, &after, ERROR_EVENT_NONE, false),
			 ERROR_RECOVERED);
	ck_assert_int_eq(error_state_next(&before, &after, ERROR_EVENT_BEGIN, false),
			 ERROR_RECOVERING);
	after.quiet = false;
	ck_assert_int_eq(error_state_next(&before, &after, ERROR_EVENT_NONE, false),
			 ERROR_RECOVERING);
	after.contained = true;
	ck_assert_int_eq(error_state_next(&before, &after, ERROR_EVENT_NONE, false), ERROR_FROZEN);
}
END_TEST

/* Without an earlier reading the errors of the port may be old or new. */
START_TEST(test_port_errors_count_at_the_first_reading)
{
	struct device_errors before = { .state = ERROR_OK };
	struct device_errors after = { .above_known = true, .fatal_above = 1 };

	ck_assert_int_eq(error_state_next(&before, &after, ERROR_EVENT_BEGIN, true), ERROR_FROZEN);
	after.fatal_above = 0;
	ck_assert_int_eq(error_state_next(&before, &after, ERROR_EVENT_BEGIN, true),
			 ERROR_RECOVERING);
}
END_TEST

static enum error_state take_reading(struct device_errors *errors, uint64_t fatal_above,
				     enum error_event event)
{
	struct device_errors after = *errors;

	after.above_known = true;
	after.fatal_above = fatal_above;
	error_state_mark_known(errors, &after, event);
	after.state = error_state_next(errors, &after, event, true);
	*errors = after;
	return after.state;
}

/* The kernel counts the error, the daemon reads the counters, and the event follows later. */
START_TEST(test_error_read_before_its_event)
{
	struct device_errors errors = { .state = ERROR_OK };

	ck_assert_int_eq(take_reading(&errors, 7, ERROR_EVENT_NONE), ERROR_OK);
	ck_assert_int_eq(take_reading(&errors, 8, ERROR_EVENT_NONE), ERROR_OK);
	ck_assert_int_eq(take_reading(&errors, 8, ERROR_EVENT_BEGIN), ERROR_FROZEN);
	ck_assert_int_eq(take_reading(&errors, 8, ERROR_EVENT_SUCCESS), ERROR_RECOVERED);
	/* the error at 8 is over */
	ck_assert_int_eq(take_reading(&errors, 8, ERROR_EVENT_BEGIN), ERROR_RECOVERING);
	ck_assert_int_eq(take_reading(&errors, 8, ERROR_EVENT_SUCCESS), ERROR_RECOVERED);
	/* the error of another device below the port: no event follows */
	ck_assert_int_eq(take_reading(&errors, 9, ERROR_EVENT_NONE), ERROR_RECOVERED);
	ck_assert_int_eq(take_reading(&errors, 9, ERROR_EVENT_NONE), ERROR_RECOVERED);
	ck_assert_int_eq(take_reading(&errors, 9, ERROR_EVENT_BEGIN), ERROR_RECOVERING);
	/* the port was plugged in again: its counters start at 0 */
	ck_assert_int_eq(take_reading(&errors, 0, ERROR_EVENT_NONE), ERROR_RECOVERING);
	ck_assert_int_eq(take_reading(&errors, 1, ERROR_EVENT_BEGIN), ERROR_FROZEN);
}
END_TEST

START_TEST(test_names_round_trip)
{
	enum error_state state;

	for (unsigned i = 0; i < ERROR_STATES; i++) {
		ck_assert(error_state_from_string(error_state_to_string((enum error_state)i),
						  &state));
		ck_assert_uint_eq(state, i);
	}
	ck_assert(!error_state_from_string("odd", &state));
	ck_assert_int_eq(error_state_event_from_string("BEGIN_RECOVERY"), ERROR_EVENT_BEGIN);
	ck_assert_int_eq(error_state_event_from_string("SUCCESSFUL_RECOVERY"), ERROR_EVENT_SUCCESS);
	ck_assert_int_eq(error_state_event_from_string("FAILED_RECOVERY"), ERROR_EVENT_FAILED);
	ck_assert_int_eq(error_state_event_from_string("NO_AER_DRIVER"), ERROR_EVENT_NONE);
	ck_assert_int_eq(error_state_event_from_string(NULL), ERROR_EVENT_NONE);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("error-state");
	TCase *tcase = tcase_create("error-state");

	tcase_add_loop_test(tcase, test_next_state, 0, ARRAY_SIZE(cases));
	tcase_add_test(tcase, test_thawed_device_is_recovered_or_fatal);
	tcase_add_test(tcase, test_quiet_device_has_recovered);
	tcase_add_test(tcase, test_port_errors_count_at_the_first_reading);
	tcase_add_test(tcase, test_error_read_before_its_event);
	tcase_add_test(tcase, test_names_round_trip);
	suite_add_tcase(suite, tcase);
	return suite;
}
