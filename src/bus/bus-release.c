/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Release and Reset of a group. Their replies are sent when the daemon layer is done. */

#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "bus/bus-auth.h"
#include "bus/bus-call.h"
#include "bus/bus-error.h"
#include "bus/bus-path.h"
#include "bus/bus-peers.h"
#include "bus/bus-release.h"
#include "daemon/manager.h"
#include "model/dbus-names.h"

/* The time between two requests of one user to the holder. */
#define ASK_USEC 1000000

/* Emits the signal that asks the holder to close its devices: user @uid wants the group back. */
static void bus_release_emit_request(struct bus *bus, const char *lease, uid_t uid)
{
	_cleanup_free_ char *path = bus_path_lease(lease);
	int r;

	if (!path)
		return;
	r = sd_bus_emit_signal(bus->bus, path, DG_IFACE_LEASE, "ReleaseRequested", "u",
			       (uint32_t)uid);
	if (r < 0)
		log_warning_errno(r, "Cannot send the signal of %s", path);
}

/*
 * Asks the holder at most once in a while for each user: the signal goes to all listeners, and a
 * release may be repeated.
 */
static void bus_release_ask_holder(struct bus *bus, struct lease *lease, uid_t uid)
{
	uint64_t now = clock_usec(CLOCK_MONOTONIC);

	if (lease->asked_usec > 0 && lease->asked_by == uid && now - lease->asked_usec < ASK_USEC)
		return;
	lease->asked_usec = now;
	lease->asked_by = uid;
	bus_release_emit_request(bus, lease->record->lease, uid);
}

/* --- callers that wait --- */

/* A call that is answered when the devices are back. */
struct pending_release {
	struct bus *bus;
	char *sender;
	uint64_t cookie;
	uid_t uid;
	struct bus_peer_watch watch; /* of the caller */
};

static struct pending_release *pending_release_free(struct pending_release *pending)
{
	bus_peers_unwatch(&pending->watch);
	free(pending->sender);
	free(pending);
	return NULL;
}

DEFINE_CLEANUP(struct pending_release *, pending_release_freep, pending_release_free)

static void pending_release_answer(struct pending_release *pending, const struct refusal *refusal)
{
	int r = bus_call_reply(pending->bus->bus, pending->sender, pending->cookie, refusal);

	if (r < 0)
		log_warning_errno(r, "Cannot answer a release");
	vec_remove(&pending->bus->releases, pending);
	pending_release_free(pending);
}

static void on_release_finished(const struct refusal *refusal, void *userdata)
{
	pending_release_answer(userdata, refusal);
}

static void pending_release_forget(struct pending_release *pending)
{
	releases_forget(&pending->bus->manager->releases, pending);
	vec_remove(&pending->bus->releases, pending);
	pending_release_free(pending);
}

static void on_release_caller_gone(void *userdata)
{
	pending_release_forget(userdata);
}

void bus_release_forget_all(struct bus *bus)
{
	while (bus->releases.n > 0)
		pending_release_forget(bus->releases.items[bus->releases.n - 1]);
	vec_drop(&bus->releases);
}

/* Answers an earlier release of the same connection: one waits at a time. */
static void bus_release_replace(struct bus *bus, const char *sender)
{
	VEC_FOREACH(struct pending_release, pending, &bus->releases) {
		_cleanup_refusal_ struct refusal refusal = { 0 };

		if (!str_eq(pending->sender, sender))
			continue;
		releases_forget(&bus->manager->releases, pending);
		refusal_set(&refusal, REFUSED_LIMIT,
			    "This connection has made another release, and only its last one "
			    "waits. The release itself continues.");
		pending_release_answer(pending, &refusal);
		return;
	}
}

static bool bus_release_limit_reached(const struct bus *bus, uid_t uid)
{
	const struct limits *limits = &bus->manager->limits;
	unsigned own = 0;

	VEC_FOREACH(const struct pending_release, pending, &bus->releases)
		own += pending->uid == uid;
	return uid != 0 && (own >= limits->waiting_per_user || bus->releases.n >= limits->waiting);
}

/* Sets *ret to NULL if the caller wants no reply. 0 or negative errno with @error set. */
static int pending_release_new(struct bus *bus, sd_bus_message *call, uid_t uid,
			       struct pending_release **ret, sd_bus_error *error)
{
	_cleanup_(pending_release_freep) struct pending_release *pending = NULL;
	const char *sender = str_or(sd_bus_message_get_sender(call), "");

	*ret = NULL;
	if (!bus_call_expects_reply(call))
		return 0;
	bus_release_replace(bus, sender);
	if (bus_release_limit_reached(bus, uid))
		return bus_error_set(error, REFUSED_LIMIT,
				     "Too many releases already wait. Try again when one is done.");
	pending = calloc(1, sizeof(*pending));
	if (!pending)
		return -ENOMEM;
	pending->bus = bus;
	pending->uid = uid;
	pending->cookie = bus_call_cookie(call);
	if (str_set(&pending->sender, sender) < 0 ||
	    bus_peers_watch(bus, call, &pending->watch, on_release_caller_gone, pending) < 0 ||
	    vec_add(&bus->releases, pending) < 0)
		return -ENOMEM;
	*ret = TAKE_PTR(pending);
	return 0;
}

/* --- the calls --- */

static int bus_release_start(struct bus *bus, sd_bus_message *call, struct devgroup *group,
			     uid_t uid, uint64_t wait_usec, sd_bus_error *error)
{
	struct release_waiter waiter = { .wait_usec = wait_usec, .on_done = on_release_finished };
	struct pending_release *pending;
	int r;

	r = pending_release_new(bus, call, uid, &pending, error);
	if (r < 0)
		return r;
	if (group->lease)
		bus_release_ask_holder(bus, group->lease, uid);
	waiter.userdata = pending;
	r = releases_submit(&bus->manager->releases, group, pending ? &waiter : NULL);
	if (r < 0 && pending)
		pending_release_forget(pending);
	return r < 0 ? r : 1; /* on_release_finished() replies */
}

int bus_release_submit(sd_bus_message *message, struct bus *bus, struct devgroup *group,
		       uint64_t wait_usec, sd_bus_error *error)
{
	struct bus_caller caller;
	int r;

	r = bus_auth_get_caller(bus, message, &caller);
	if (r < 0)
		return r;
	r = bus_auth_release(bus, message, &caller, group, error);
	if (r < 0)
		return r;
	if (r == 0)
		return 1; /* polkit is being asked */
	return bus_release_start(bus, message, group, caller.uid, wait_usec, error);
}

int bus_release_reset(sd_bus_message *message, struct bus *bus, struct devgroup *group,
		      const struct bus_options *options, sd_bus_error *error)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };
	struct release_waiter waiter = { .wait_usec = options->wait_usec,
					 .on_done = on_release_finished };
	struct pending_release *pending;
	struct bus_caller caller;
	int r;

	r = bus_auth_get_caller(bus, message, &caller);
	if (r < 0)
		return r;
	r = pending_release_new(bus, message, caller.uid, &pending, error);
	if (r < 0)
		return r;
	waiter.userdata = pending;
	if (resets_submit(&bus->manager->resets, group, options->method, pending ? &waiter : NULL,
			  &refusal))
		return 1; /* on_release_finished() replies */
	if (pending)
		pending_release_forget(pending);
	return bus_error_set_refusal(error, &refusal);
}
