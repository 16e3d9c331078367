/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-main.h"

#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "bus/bus-options.h"
#include "model/dbus-names.h"
#include "peer-bus.h"

static const char *const all[] = { "label", "access", "interface", "method", "wait", "persistent",
				   "uid",   "force",  "authorize", "with",   NULL };

static sd_bus_error error;

static void free_error(void)
{
	sd_bus_error_free(&error);
	close_bus();
}

static sd_bus_message *begin_options(void)
{
	sd_bus_message *message = begin_call();

	ck_assert_int_ge(sd_bus_message_open_container(message, 'a', "{sv}"), 0);
	return message;
}

static int read_options(sd_bus_message *message, struct bus_options *ret)
{
	ck_assert_int_ge(sd_bus_message_close_container(message), 0);
	end_call(message);
	return bus_options_read(message, all, ret, &error);
}

START_TEST(test_each_option_is_read)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *message = begin_options();
	_cleanup_bus_options_ struct bus_options options = { 0 };

	ck_assert_int_ge(sd_bus_message_append(message, "{sv}{sv}{sv}{sv}", "label", "s", "vm",
					       "wait", "t", (uint64_t)5000000, "force", "b", 1,
					       "with", "as", 2, "nic0", "nic1"),
			 0);
	ck_assert_int_ge(read_options(message, &options), 0);
	ck_assert_str_eq(options.label, "vm");
	ck_assert_uint_eq(options.wait_usec, 5000000);
	ck_assert(options.force);
	ck_assert_uint_eq(strv_length(options.with), 2);
	ck_assert_str_eq(options.with[1], "nic1");
}
END_TEST

START_TEST(test_an_option_is_given_once)
{
	static const char *const keys[] = { "label", "method", NULL };

	for (const char *const *key = keys; *key; key++) {
		_cleanup_(sd_bus_message_unrefp) sd_bus_message *message = begin_options();
		_cleanup_bus_options_ struct bus_options options = { 0 };

		ck_assert_int_ge(sd_bus_message_append(message, "{sv}{sv}{sv}", *key, "s", "a",
						       "force", "b", 0, *key, "s", "a"),
				 0);
		ck_assert_int_lt(read_options(message, &options), 0);
		ck_assert_str_eq(error.name, DG_ERROR_BAD_OPTION);
		ck_assert_ptr_nonnull(strstr(error.message, *key));
		ck_assert_ptr_nonnull(strstr(error.message, "twice"));
		sd_bus_error_free(&error);
	}
}
END_TEST

START_TEST(test_a_wait_has_a_limit)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *message = begin_options();
	_cleanup_bus_options_ struct bus_options options = { 0 };

	ck_assert_int_ge(sd_bus_message_append(message, "{sv}", "wait", "t", UINT64_MAX), 0);
	ck_assert_int_ge(read_options(message, &options), 0);
	ck_assert_uint_eq(options.wait_usec, BUS_OPTIONS_LONGEST_WAIT_USEC);
}
END_TEST

/* Appends "with" with @n empty names. */
static void append_names(sd_bus_message *message, unsigned n)
{
	ck_assert_int_ge(sd_bus_message_open_container(message, 'e', "sv"), 0);
	ck_assert_int_ge(sd_bus_message_append(message, "s", "with"), 0);
	ck_assert_int_ge(sd_bus_message_open_container(message, 'v', "as"), 0);
	ck_assert_int_ge(sd_bus_message_open_container(message, 'a', "s"), 0);
	for (unsigned i = 0; i < n; i++)
		ck_assert_int_ge(sd_bus_message_append_basic(message, 's', ""), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_ge(sd_bus_message_close_container(message), 0);
}

/* With a list that is counted again for each string, many names take hours. */
START_TEST(test_a_list_has_a_limit)
{
	static const unsigned lengths[] = { BUS_OPTIONS_MOST_WITH, BUS_OPTIONS_MOST_WITH + 1,
					    20000 };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		_cleanup_(sd_bus_message_unrefp) sd_bus_message *message = begin_options();
		_cleanup_bus_options_ struct bus_options options = { 0 };

		append_names(message, lengths[i]);
		if (i == 0) {
			ck_assert_int_ge(read_options(message, &options), 0);
			ck_assert_uint_eq(strv_length(options.with), lengths[i]);
			continue;
		}
		ck_assert_int_lt(read_options(message, &options), 0);
		ck_assert_str_eq(error.name, DG_ERROR_BAD_OPTION);
		sd_bus_error_free(&error);
	}
}
END_TEST

START_TEST(test_text_has_limits)
{
	static char longest[257];
	static const char *const bad[] = { longest, "a\nb", "\033[2J", "\x7f", "x\xc2\x9b" };
	static const char *const keys[] = { "label", "method", NULL };

	memset(longest, 'x', sizeof(longest) - 1);
	for (const char *const *key = keys; *key; key++)
		for (size_t i = 0; i <= ARRAY_SIZE(bad); i++) {
			_cleanup_(sd_bus_message_unrefp) sd_bus_message *message = begin_options();
			_cleanup_bus_options_ struct bus_options options = { 0 };
			const char *text = i < ARRAY_SIZE(bad) ? bad[i] : longest + 1;

			ck_assert_int_ge(sd_bus_message_append(message, "{sv}", *key, "s", text),
					 0);
			if (i == ARRAY_SIZE(bad)) {
				ck_assert_int_ge(read_options(message, &options), 0);
				continue;
			}
			ck_assert_int_lt(read_options(message, &options), 0);
			ck_assert_str_eq(error.name, DG_ERROR_BAD_OPTION);
			ck_assert_ptr_nonnull(strstr(error.message, "255 bytes"));
			sd_bus_error_free(&error);
		}
}
END_TEST

START_TEST(test_a_long_key_makes_a_short_error)
{
	static char key[1 << 20];
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *message = begin_options();
	_cleanup_bus_options_ struct bus_options options = { 0 };

	memset(key, 'x', sizeof(key) - 1);
	ck_assert_int_ge(sd_bus_message_append(message, "{sv}", key, "b", 1), 0);
	ck_assert_int_lt(read_options(message, &options), 0);
	ck_assert_str_eq(error.name, DG_ERROR_BAD_OPTION);
	ck_assert_uint_le(strlen(error.message), 4096);
}
END_TEST

SUITE_WITH_FIXTURE("bus-options", open_bus, free_error, test_each_option_is_read,
		   test_an_option_is_given_once, test_a_wait_has_a_limit, test_a_list_has_a_limit,
		   test_text_has_limits, test_a_long_key_makes_a_short_error)
