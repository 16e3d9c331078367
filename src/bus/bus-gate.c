/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>
#include <stdint.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "bus/bus-budget.h"
#include "bus/bus-error.h"
#include "bus/bus-gate.h"
#include "bus/bus-polkit.h"
#include "bus/bus-refuse.h"
#include "bus/bus-size.h"
#include "bus/bus-usage.h"

/*
 * The cost of each call beside its handling. dbus-daemon spends some hundred microseconds on a call
 * and its reply, more than the daemon on a cheap one, and serves all users of the host.
 */
#define CALL_USEC 500
/*
 * Work whose reply had to be queued costs so many times as much: dbus-daemon does not keep up, and
 * replies take memory until it does. The size of a reply grows with the work for it.
 */
#define QUEUED_FACTOR 10

struct bus_gate {
	struct bus *bus;
	struct bus_refuse *refuse;
	sd_bus_slot *filter;
	sd_event_source *turn_end;
	bool running; /* a call of @uid has passed and is handled now */
	uid_t uid;
	uint64_t started_usec; /* by CLOCK_THREAD_CPUTIME_ID */
	uint64_t queued;       /* messages to the bus that waited then */
};

/* --- the cost of a call --- */

static uint64_t bus_gate_count_queued(const struct bus_gate *gate)
{
	uint64_t n;

	return sd_bus_get_n_queued_write(gate->bus->bus, &n) < 0 ? 0 : n;
}

static void bus_gate_end_call(struct bus_gate *gate)
{
	uint64_t usec = clock_usec(CLOCK_THREAD_CPUTIME_ID) - gate->started_usec + CALL_USEC;

	if (!gate->running)
		return;
	gate->running = false;
	if (bus_gate_count_queued(gate) > gate->queued)
		usec *= QUEUED_FACTOR;
	bus_budget_charge(gate->bus->budget, gate->uid, usec, clock_usec(CLOCK_MONOTONIC));
}

static void bus_gate_begin_call(struct bus_gate *gate, uid_t uid)
{
	bus_gate_end_call(gate);
	gate->running = true;
	gate->uid = uid;
	gate->started_usec = clock_usec(CLOCK_THREAD_CPUTIME_ID);
	gate->queued = bus_gate_count_queued(gate);
}

/* Runs at the end of each turn of the event loop. sd-bus handles one message in a turn. */
static int on_gate_turn_end(sd_event_source *source, void *userdata)
{
	bus_gate_end_call(userdata);
	return 0;
}

/* --- messages --- */

/*
 * Tells whether another connection has sent a signal in the name of the bus. The bus delivers a
 * signal that is addressed to the daemon whatever its matches are. sd-bus compares the sender of a
 * match only where it is a unique name (bus-match.c: value_node_test()).
 */
static bool bus_gate_is_forged(sd_bus_message *message)
{
	static const char *const interfaces[] = { "org.freedesktop.DBus",
						  "org.freedesktop.DBus.Local" };

	for (size_t i = 0; i < ARRAY_SIZE(interfaces); i++)
		if (str_eq(sd_bus_message_get_interface(message), interfaces[i]))
			return !str_eq(sd_bus_message_get_sender(message), interfaces[i]);
	return false;
}

/* Returns 1 to stop the signal. */
static int bus_gate_on_signal(sd_bus_message *message)
{
	if (!bus_gate_is_forged(message))
		return 0;
	log_debug("%s has sent a signal in the name of the bus, which is ignored",
		  str_or(sd_bus_message_get_sender(message), "?"));
	return 1;
}

static int bus_gate_refuse_size(sd_bus_message *call, const char *text)
{
	const struct refusal refusal = { .kind = REFUSED_LIMIT, .text = (char *)(uintptr_t)text };
	int r = bus_error_reply_refusal(call, &refusal);

	return r < 0 ? r : 1;
}

/* Lets the call pass, or refuses it: its user has used up its share. */
static int bus_gate_admit(struct bus_gate *gate, const struct bus_peer *peer, sd_bus_message *call)
{
	if (bus_budget_wait(gate->bus->budget, peer->uid, clock_usec(CLOCK_MONOTONIC)) > 0) {
		bus_refuse_call(gate->refuse, peer, call);
		return 1;
	}
	bus_gate_begin_call(gate, peer->uid);
	return 0;
}

/* Lets a call pass that has passed before, and was set aside. Its user pays for the rest, too. */
static int bus_gate_readmit(struct bus_gate *gate, sd_bus_message *call)
{
	const struct bus_peer *peer = bus_peers_find(gate->bus, call);

	if (peer)
		bus_gate_begin_call(gate, peer->uid);
	return 0;
}

/* Returns 1 to stop the call, 0, or negative errno, which sd-bus sends to the caller. */
static int bus_gate_on_call(struct bus_gate *gate, sd_bus_message *call)
{
	struct bus_peer *peer;
	int r;

	if (bus_polkit_has_answer(gate->bus, call) || bus_usage_has_answer(gate->bus, call))
		return bus_gate_readmit(gate, call);
	if (bus_size_is_long_path(sd_bus_message_get_path(call)))
		return bus_gate_refuse_size(call, "The path of the object is too long. No object "
						  "has more than 1 KiB.");
	if (bus_size_is_excessive(call))
		return bus_gate_refuse_size(call,
					    "The arguments of the call are too large. No call "
					    "needs more than 64 KiB.");
	r = bus_peers_identify(gate->bus, call, &peer);
	if (r == 0)
		return 1;
	if (r == -EBUSY) {
		bus_refuse_call(gate->refuse, peer, call);
		return 1;
	}
	if (r < 0)
		return r;
	return peer ? bus_gate_admit(gate, peer, call) : 0;
}

static int on_gate_message(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	if (sd_bus_message_is_signal(message, NULL, NULL) > 0)
		return bus_gate_on_signal(message);
	if (sd_bus_message_is_method_call(message, NULL, NULL) > 0)
		return bus_gate_on_call(userdata, message);
	return 0;
}

/* --- life --- */

static int bus_gate_start(struct bus_gate *gate)
{
	int r;

	r = bus_refuse_new(gate->bus, &gate->refuse);
	if (r < 0)
		return r;
	r = sd_event_add_post(sd_bus_get_event(gate->bus->bus), &gate->turn_end, on_gate_turn_end,
			      gate);
	if (r < 0)
		return r;
	return sd_bus_add_filter(gate->bus->bus, &gate->filter, on_gate_message, gate);
}

int bus_gate_new(struct bus *bus, struct bus_gate **ret)
{
	struct bus_gate *gate = calloc(1, sizeof(*gate));
	int r;

	if (!gate)
		return -ENOMEM;
	gate->bus = bus;
	r = bus_gate_start(gate);
	if (r < 0) {
		bus_gate_free(gate);
		return r;
	}
	*ret = gate;
	return 0;
}

struct bus_gate *bus_gate_free(struct bus_gate *gate)
{
	if (!gate)
		return NULL;
	sd_bus_slot_unref(gate->filter);
	sd_event_source_disable_unref(gate->turn_end);
	bus_refuse_free(gate->refuse);
	free(gate);
	return NULL;
}
