/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "bus/bus-budget.h"
#include "bus/bus-error.h"
#include "bus/bus-peers.h"
#include "bus/bus-usage.h"
#include "daemon/manager.h"

/* The cost of a reading: another process works on it. */
#define READING_USEC 5000

/* A call that was set aside. It is freed when its handler runs again. */
struct usage_call {
	struct bus *bus;
	sd_bus_message *call;
	uid_t uid;
	struct usage_demand *demand;
	struct bus_peer_watch watch; /* of the caller */
	bool answered;
	int result;
};

static struct host *usage_call_host(const struct usage_call *waiting)
{
	return registry_host(waiting->bus->registry);
}

static struct usage_call *usage_call_free(struct usage_call *waiting)
{
	host_forget_usage(usage_call_host(waiting), waiting->demand);
	bus_peers_unwatch(&waiting->watch);
	sd_bus_message_unref(waiting->call);
	free(waiting);
	return NULL;
}

DEFINE_CLEANUP(struct usage_call *, usage_call_freep, usage_call_free)
static DEFINE_VEC_CLEAR(usage_calls_clear, struct usage_call, usage_call_free)

static void usage_call_remove(struct usage_call *waiting)
{
	vec_remove(&waiting->bus->usage_calls, waiting);
	usage_call_free(waiting);
}

static void on_usage_caller_gone(void *userdata)
{
	usage_call_remove(userdata);
}

static void on_usage_read(int r, void *userdata)
{
	struct usage_call *waiting = userdata;

	waiting->demand = NULL;
	waiting->answered = true;
	waiting->result = r;
	r = sd_bus_enqueue_for_read(waiting->bus->bus, waiting->call);
	if (r < 0) {
		log_warning_errno(r, "Cannot handle a call that waited for the usage of devices");
		(void)sd_bus_reply_method_errno(waiting->call, r, NULL);
		usage_call_remove(waiting);
	}
}

static struct usage_call *bus_usage_find(const struct bus *bus, const sd_bus_message *call)
{
	VEC_FOREACH(struct usage_call, waiting, &bus->usage_calls)
		if (waiting->call == call)
			return waiting;
	return NULL;
}

bool bus_usage_has_answer(const struct bus *bus, const sd_bus_message *call)
{
	const struct usage_call *waiting = bus_usage_find(bus, call);

	return waiting && waiting->answered;
}

static bool bus_usage_limit_reached(const struct bus *bus, uid_t uid)
{
	const struct limits *limits = &bus->manager->limits;
	unsigned own = 0;

	VEC_FOREACH(const struct usage_call, waiting, &bus->usage_calls)
		own += waiting->uid == uid;
	return uid != 0 &&
	       (own >= limits->waiting_per_user || bus->usage_calls.n >= limits->waiting);
}

static int bus_usage_set_aside(struct bus *bus, sd_bus_message *call, uid_t uid)
{
	_cleanup_(usage_call_freep) struct usage_call *waiting = calloc(1, sizeof(*waiting));
	int r;

	if (!waiting)
		return -ENOMEM;
	waiting->bus = bus;
	waiting->uid = uid;
	waiting->call = sd_bus_message_ref(call);
	r = bus_peers_watch(bus, call, &waiting->watch, on_usage_caller_gone, waiting);
	if (r < 0)
		return r;
	r = host_demand_usage(usage_call_host(waiting), on_usage_read, waiting, &waiting->demand);
	if (r < 0)
		return r;
	r = vec_add(&bus->usage_calls, waiting);
	if (r < 0)
		return r;
	waiting = NULL; /* bus->usage_calls owns it */
	return 0;
}

/* Returns as bus_usage_await(). */
static int bus_usage_take_answer(struct usage_call *waiting, sd_bus_error *error)
{
	int r = waiting->result;

	usage_call_remove(waiting);
	if (r >= 0)
		return 1;
	return bus_error_set(error, REFUSED_TIMEOUT,
			     "The use of devices by the host could not be read (%s). Try again.",
			     strerror(-r));
}

int bus_usage_await(struct bus *bus, sd_bus_message *call, uid_t uid, sd_bus_error *error)
{
	struct usage_call *waiting = bus_usage_find(bus, call);

	if (waiting)
		return bus_usage_take_answer(waiting, error);
	if (host_usage_is_recent(registry_host(bus->registry)))
		return 1;
	if (bus_usage_limit_reached(bus, uid))
		return bus_error_set(error, REFUSED_LIMIT,
				     "Too many calls of this user already wait until the use of "
				     "devices is read. Try again when one is done.");
	bus_budget_charge(bus->budget, uid, READING_USEC, clock_usec(CLOCK_MONOTONIC));
	return bus_usage_set_aside(bus, call, uid);
}

void bus_usage_forget_all(struct bus *bus)
{
	usage_calls_clear(&bus->usage_calls);
}
