/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "bus/bus-budget.h"
#include "bus/bus-call.h"
#include "bus/bus-refuse.h"

/* Each user gets so many answers at a time: a hundred in a second. */
#define ROUND_USEC 100000
#define MOST_ONCE 10
/* One user can have no more waiting at a dbus-daemon: 128 calls of 256 connections. */
#define MOST_WAITING 32768

struct refused_call {
	uint64_t cookie;
	char sender[];
};

struct refused_user {
	uid_t uid;
	struct vec calls; /* struct refused_call, owned, the oldest first */
};

struct bus_refuse {
	struct bus *bus;
	sd_event_source *timer; /* of the next round */
	bool timer_on;		/* also for one round after the last answer */
	struct vec users;	/* struct refused_user, owned: those with calls */
};

static void *refused_call_free(struct refused_call *call)
{
	free(call);
	return NULL;
}

static DEFINE_VEC_CLEAR(refused_calls_clear, struct refused_call, refused_call_free)

static struct refused_user *refused_user_free(struct refused_user *user)
{
	refused_calls_clear(&user->calls);
	free(user);
	return NULL;
}

static DEFINE_VEC_CLEAR(refused_users_clear, struct refused_user, refused_user_free)

/* --- the answers --- */

static void bus_refuse_explain(const struct bus_refuse *refuse, uid_t uid, struct refusal *ret)
{
	uint64_t wait = bus_budget_wait(refuse->bus->budget, uid, clock_usec(CLOCK_MONOTONIC));

	refusal_set(ret, REFUSED_LIMIT,
		    "This user has made more calls than its share of the daemon's time allows, "
		    "%u ms in a second. Try again in %u ms.",
		    BUS_BUDGET_USER_SHARE_USEC / 1000, (unsigned)(wait / 1000) + 1);
}

static void bus_refuse_answer(const struct bus_refuse *refuse, uid_t uid,
			      const struct refused_call *call)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };
	int r;

	bus_refuse_explain(refuse, uid, &refusal);
	r = bus_call_reply(refuse->bus->bus, call->sender, call->cookie, &refusal);
	if (r < 0)
		log_debug_errno(r, "Cannot refuse a call of %s", call->sender);
}

static void bus_refuse_answer_some(const struct bus_refuse *refuse, struct refused_user *user)
{
	for (unsigned n = 0; n < MOST_ONCE && user->calls.n > 0;) {
		_cleanup_free_ struct refused_call *call = vec_remove_at(&user->calls, 0);

		if (!bus_peers_is_present(refuse->bus, call->sender))
			continue;
		bus_refuse_answer(refuse, user->uid, call);
		n++;
	}
}

static void bus_refuse_start_timer(struct bus_refuse *refuse, uint64_t usec)
{
	int r = sd_event_source_set_time_relative(refuse->timer, usec);

	if (r >= 0)
		r = sd_event_source_set_enabled(refuse->timer, SD_EVENT_ONESHOT);
	if (r < 0)
		log_error_errno(r, "Cannot set a timer, refused calls get no answer");
	refuse->timer_on = r >= 0;
}

static int on_refuse_round(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct bus_refuse *refuse = userdata;

	refuse->timer_on = refuse->users.n > 0;
	if (refuse->timer_on)
		bus_refuse_start_timer(refuse, ROUND_USEC);
	for (size_t i = refuse->users.n; i-- > 0;) {
		struct refused_user *user = refuse->users.items[i];

		bus_refuse_answer_some(refuse, user);
		if (user->calls.n == 0)
			refused_user_free(vec_remove_at(&refuse->users, i));
	}
	return 0;
}

/* --- the calls --- */

static struct refused_user *bus_refuse_find(const struct bus_refuse *refuse, uid_t uid)
{
	VEC_FOREACH(struct refused_user, user, &refuse->users)
		if (user->uid == uid)
			return user;
	return NULL;
}

/* Returns the entry of @uid, a new one if there is none. NULL when out of memory. */
static struct refused_user *bus_refuse_get(struct bus_refuse *refuse, uid_t uid)
{
	struct refused_user *user = bus_refuse_find(refuse, uid);

	if (user)
		return user;
	user = calloc(1, sizeof(*user));
	if (!user)
		return NULL;
	user->uid = uid;
	if (vec_add(&refuse->users, user) < 0)
		return refused_user_free(user);
	return user;
}

static int refused_user_add(struct refused_user *user, const char *sender, uint64_t cookie)
{
	size_t size = strlen(sender) + 1;
	struct refused_call *call = malloc(sizeof(*call) + size);

	if (!call)
		return -ENOMEM;
	call->cookie = cookie;
	memcpy(call->sender, sender, size);
	if (vec_add(&user->calls, call) < 0) {
		free(call);
		return -ENOMEM;
	}
	return 0;
}

void bus_refuse_call(struct bus_refuse *refuse, const struct bus_peer *peer, sd_bus_message *call)
{
	struct refused_user *user;

	if (!bus_call_expects_reply(call))
		return;
	user = bus_refuse_get(refuse, peer->uid);
	if (!user || user->calls.n >= MOST_WAITING ||
	    refused_user_add(user, peer->name, bus_call_cookie(call)) < 0) {
		log_debug("A call of %s stays without an answer", peer->name);
		return;
	}
	if (!refuse->timer_on)
		bus_refuse_start_timer(refuse, 0);
}

/* --- life --- */

int bus_refuse_new(struct bus *bus, struct bus_refuse **ret)
{
	struct bus_refuse *refuse = calloc(1, sizeof(*refuse));
	int r;

	if (!refuse)
		return -ENOMEM;
	refuse->bus = bus;
	r = sd_event_add_time_relative(sd_bus_get_event(bus->bus), &refuse->timer, CLOCK_MONOTONIC,
				       0, 0, on_refuse_round, refuse);
	if (r < 0) {
		bus_refuse_free(refuse);
		return r;
	}
	(void)sd_event_source_set_enabled(refuse->timer, SD_EVENT_OFF);
	*ret = refuse;
	return 0;
}

struct bus_refuse *bus_refuse_free(struct bus_refuse *refuse)
{
	if (!refuse)
		return NULL;
	sd_event_source_disable_unref(refuse->timer);
	refused_users_clear(&refuse->users);
	free(refuse);
	return NULL;
}
