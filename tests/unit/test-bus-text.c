/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whatever a string holds, sd-bus takes it. */

#include "test-main.h"

#include <string.h>
#include <sys/socket.h>

#include "base/macro.h"
#include "base/utf8.h"
#include "bus/bus-error.h"
#include "bus/bus-text.h"

static sd_bus *connection;

/* Makes a connection with no other end that reads: messages can be built on it. */
static void connect_bus(void)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	ck_assert_int_ge(sd_bus_new(&connection), 0);
	ck_assert_int_ge(sd_bus_set_fd(connection, fds[0], fds[0]), 0);
	ck_assert_int_ge(sd_bus_start(connection), 0);
	close(fds[1]);
}

static void disconnect_bus(void)
{
	connection = sd_bus_close_unref(connection);
}

static sd_bus_message *new_message(void)
{
	sd_bus_message *message;

	ck_assert_int_ge(sd_bus_message_new_signal(connection, &message, "/a", "a.b", "C"), 0);
	return message;
}

/* Returns a message with the values that follow, sealed to be read. */
#define make_message(...)                                                \
	({                                                               \
		sd_bus_message *made = new_message();                    \
                                                                         \
		ck_assert_int_ge(bus_text_append(made, __VA_ARGS__), 0); \
		ck_assert_int_ge(sd_bus_message_seal(made, 1, 0), 0);    \
		made;                                                    \
	})

static size_t encode(uint32_t code_point, char *to)
{
	if (code_point < 0x80) {
		to[0] = (char)code_point;
		return 1;
	}
	if (code_point < 0x800) {
		to[0] = (char)(0xc0 | code_point >> 6);
		to[1] = (char)(0x80 | (code_point & 0x3f));
		return 2;
	}
	if (code_point < 0x10000) {
		to[0] = (char)(0xe0 | code_point >> 12);
		to[1] = (char)(0x80 | (code_point >> 6 & 0x3f));
		to[2] = (char)(0x80 | (code_point & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | code_point >> 18);
	to[1] = (char)(0x80 | (code_point >> 12 & 0x3f));
	to[2] = (char)(0x80 | (code_point >> 6 & 0x3f));
	to[3] = (char)(0x80 | (code_point & 0x3f));
	return 4;
}

/* Every code point, and so every decision of sd-bus about one: in strings of 4096 of them. */
START_TEST(test_all_characters_are_accepted)
{
	for (uint32_t first = 0; first < 0x110000; first += 4096) {
		_cleanup_(sd_bus_message_unrefp) sd_bus_message *message = new_message();
		char text[4 * 4096 + 1], *end = text;

		for (uint32_t c = first; c < first + 4096; c++)
			end += encode(c ? c : 1, end);
		*end = '\0';
		ck_assert_int_ge(bus_text_append(message, "s", text), 0);
		ck_assert_int_ge(sd_bus_message_append_basic(message, 's', utf8_clean(text)), 0);
	}
}
END_TEST

START_TEST(test_all_bytes_are_accepted)
{
	for (unsigned c = 0x80; c < 0x100; c++) {
		_cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
		char text[] = { 'a', (char)c, 'b', (char)c, '\0' };
		const char *read;

		message = make_message("s", text);
		ck_assert_int_ge(sd_bus_message_read(message, "s", &read), 0);
		ck_assert_str_eq(read, "a?b?");
	}
}
END_TEST

START_TEST(test_all_types_are_appended)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *message =
		make_message("s(suobi)t", NULL, "x\xff", 7u, "/o", 1, -3, (uint64_t)1 << 40);
	const char *none, *text, *path;
	int yes, number;
	uint32_t seven;
	uint64_t large;

	ck_assert_int_ge(sd_bus_message_read(message, "s(suobi)t", &none, &text, &seven, &path,
					     &yes, &number, &large),
			 0);
	ck_assert_str_eq(none, "");
	ck_assert_str_eq(text, "x?");
	ck_assert_uint_eq(seven, 7);
	ck_assert_str_eq(path, "/o");
	ck_assert(yes && number == -3 && large == (uint64_t)1 << 40);
}
END_TEST

START_TEST(test_dicts_are_appended)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *message = new_message();

	ck_assert_int_ge(sd_bus_message_open_container(message, 'a', "{ss}"), 0);
	ck_assert_int_ge(bus_text_append(message, "{ss}", "key\xff", "value"), 0);
	ck_assert_int_ge(sd_bus_message_close_container(message), 0);
	ck_assert_str_eq(sd_bus_message_get_signature(message, true), "a{ss}");
}
END_TEST

START_TEST(test_lists_are_appended)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *message = new_message();
	const char *list[] = { "a\xff", "b", NULL };

	ck_assert_int_ge(bus_text_append_strv(message, (char *const *)list), 0);
	ck_assert_int_ge(bus_text_append_strv(message, NULL), 0);
	ck_assert_int_ge(sd_bus_message_seal(message, 1, 0), 0);
	ck_assert_str_eq(sd_bus_message_get_signature(message, true), "asas");
}
END_TEST

START_TEST(test_error_text_is_clean)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;

	ck_assert_int_lt(bus_error_set(&error, REFUSED_BUSY, "held by %s", "\xff\x1b[2J"), 0);
	ck_assert_str_eq(error.message, "held by ??[2J");
}
END_TEST

SUITE_WITH_FIXTURE("bus-text", connect_bus, disconnect_bus, test_all_characters_are_accepted,
		   test_all_bytes_are_accepted, test_all_types_are_appended,
		   test_dicts_are_appended, test_lists_are_appended, test_error_text_is_clean)
