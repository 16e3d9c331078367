/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "base/macro.h"
#include "bus/bus-size.h"
#include "peer-bus.h"

static char text[BUS_SIZE_MOST + 1];

static bool is_excessive(sd_bus_message *call)
{
	end_call(call);
	return bus_size_is_excessive(call);
}

START_TEST(test_a_usual_call_passes_and_can_be_read)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = begin_call();
	const char *group, *verb;

	ck_assert_int_ge(sd_bus_message_append(call, "ssa{sv}", "nic0", "claim", 2, "wait", "t",
					       (uint64_t)1, "with", "as", 2, "a", "b"),
			 0);
	ck_assert(!is_excessive(call));
	ck_assert_int_gt(sd_bus_message_read(call, "ss", &group, &verb), 0);
	ck_assert_str_eq(group, "nic0");
	ck_assert_str_eq(verb, "claim");
	ck_assert_int_gt(sd_bus_message_enter_container(call, 'a', "{sv}"), 0);
}
END_TEST

START_TEST(test_a_path_longer_than_that_of_any_object_is_too_long)
{
	memset(text, 'x', sizeof(text) - 1);
	text[BUS_SIZE_MOST_PATH] = '\0';
	ck_assert(!bus_size_is_long_path(text));
	text[BUS_SIZE_MOST_PATH] = 'x';
	ck_assert(bus_size_is_long_path(text));
	ck_assert(!bus_size_is_long_path(NULL));
}
END_TEST

START_TEST(test_a_call_without_arguments_passes)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = begin_call();

	ck_assert(!is_excessive(call));
}
END_TEST

START_TEST(test_a_long_text_is_excessive_wherever_it_is)
{
	static const char *const kinds[] = { "s", "v", "as", "(s)" };

	memset(text, 'x', sizeof(text) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = begin_call();

		if (*kinds[i] == 'v')
			ck_assert_int_ge(sd_bus_message_append(call, "v", "s", text), 0);
		else if (*kinds[i] == 'a')
			ck_assert_int_ge(sd_bus_message_append(call, "as", 1, text), 0);
		else
			ck_assert_int_ge(sd_bus_message_append(call, kinds[i], text), 0);
		ck_assert(is_excessive(call));
	}
}
END_TEST

START_TEST(test_many_small_values_are_excessive)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *bytes = begin_call(),
							*empty = begin_call();
	static uint8_t zeros[BUS_SIZE_MOST + 1];

	ck_assert_int_ge(sd_bus_message_append_array(bytes, 'y', zeros, sizeof(zeros)), 0);
	ck_assert(is_excessive(bytes));
	ck_assert_int_ge(sd_bus_message_open_container(empty, 'a', "as"), 0);
	for (unsigned i = 0; i <= BUS_SIZE_MOST; i++)
		ck_assert_int_ge(sd_bus_message_append(empty, "as", 0), 0);
	ck_assert_int_ge(sd_bus_message_close_container(empty), 0);
	ck_assert(is_excessive(empty));
}
END_TEST

START_TEST(test_the_limit_itself_passes)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = begin_call();

	memset(text, 'x', sizeof(text) - 1);
	text[BUS_SIZE_MOST - 1] = '\0';
	ck_assert_int_ge(sd_bus_message_append(call, "s", text), 0);
	ck_assert(!is_excessive(call));
}
END_TEST

SUITE_WITH_FIXTURE("bus-size", open_bus, close_bus, test_a_usual_call_passes_and_can_be_read,
		   test_a_call_without_arguments_passes,
		   test_a_path_longer_than_that_of_any_object_is_too_long,
		   test_a_long_text_is_excessive_wherever_it_is,
		   test_many_small_values_are_excessive, test_the_limit_itself_passes)
