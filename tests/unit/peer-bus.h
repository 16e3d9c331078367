/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A connection without a peer: it makes messages, which can be read as if they had arrived. */

#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

static sd_bus *bus;
static int bus_ends[2];

static void open_bus(void)
{
	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, bus_ends), 0);
	ck_assert_int_ge(sd_bus_new(&bus), 0);
	ck_assert_int_ge(sd_bus_set_fd(bus, bus_ends[0], bus_ends[0]), 0);
	ck_assert_int_ge(sd_bus_start(bus), 0);
}

static void close_bus(void)
{
	bus = sd_bus_close_unref(bus);
	close(bus_ends[1]);
}

/* Returns a call without arguments. The test appends them, and calls end_call(). */
static sd_bus_message *begin_call(void)
{
	sd_bus_message *call = NULL;

	ck_assert_int_ge(sd_bus_message_new_method_call(bus, &call, NULL, "/", NULL, "Call"), 0);
	return call;
}

static void end_call(sd_bus_message *call)
{
	ck_assert_int_ge(sd_bus_message_seal(call, 1, 0), 0);
	ck_assert_int_ge(sd_bus_message_rewind(call, true), 0);
}
