/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Calls that take a while: Claim, Release and TakeFds, whose replies are sent when the daemon layer
 * has its answer. A descriptor goes only to the connection whose claim was authorised.
 */

#include <errno.h>

#include "base/log.h"
#include "base/str.h"
#include "bus/bus-auth.h"
#include "bus/bus-claim.h"
#include "bus/bus-error.h"
#include "bus/bus-fds.h"
#include "bus/bus-options.h"
#include "bus/bus-path.h"
#include "daemon/manager.h"
#include "model/dbus-names.h"

struct pending_claim {
	struct bus *bus;
	sd_bus_message *call;
	sd_bus_track *track; /* of the caller: if it goes, so does its claim */
	struct claim *claim;
	struct bus_caller caller;
	char *devices; /* what polkit's leave was for; NULL: it was not asked */
};

/* --- Claim --- */

static void *pending_claim_free(void *data)
{
	struct pending_claim *pending = data;

	sd_bus_track_unref(pending->track);
	sd_bus_message_unref(pending->call);
	free(pending->devices);
	free(pending);
	return NULL;
}

/* The claim waited in line: is what allowed it still so? */
static bool pending_claim_still_allowed(const struct devgroup *group, void *userdata,
					struct refusal *ret_refusal)
{
	const struct pending_claim *pending = userdata;
	_cleanup_free_ char *devices = bus_auth_devices(group);

	if (bus_auth_may_claim(&pending->caller, group->def) ||
	    (pending->devices && str_eq(pending->devices, devices)))
		return true;
	return refusal_set(ret_refusal, REFUSED_ACCESS_DENIED,
			   "The definition of group %s has changed while this claim waited, and "
			   "does not allow "
			   "it any more. Claim it again.",
			   group->def->name);
}

static int bus_claim_reply(struct bus *bus, sd_bus_message *call, struct devgroup *group)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	_cleanup_free_ char *path = bus_path_lease(group->lease->record->lease);
	int r = path ? bus_fds_add_owner(bus, group->lease, call) : -ENOMEM;

	if (r >= 0)
		r = sd_bus_message_new_method_return(call, &reply);
	if (r >= 0)
		r = sd_bus_message_append(reply, "o", path);
	if (r >= 0)
		r = bus_fds_append(reply, group->lease, 0);
	if (r >= 0)
		r = sd_bus_send(bus->bus, reply, NULL);
	if (r >= 0)
		bus_fds_close_sent(group->lease, 0);
	return r;
}

static void on_claim_finished(struct claim *claim, struct devgroup *group,
			      const struct refusal *refusal, void *userdata)
{
	struct pending_claim *pending = userdata;
	int r;

	r = refusal ? bus_error_reply_refusal(pending->call, refusal) :
		      bus_claim_reply(pending->bus, pending->call, group);
	if (r < 0) {
		log_error_errno(r, "Cannot answer the claim of group %s", group->def->name);
		/* nobody has the lease, so nobody would end it */
		if (!refusal)
			lease_end(group->lease);
	}
	vec_remove(&pending->bus->claims, pending);
	pending_claim_free(pending);
}

static int on_claim_caller_gone(sd_bus_track *track, void *userdata)
{
	struct pending_claim *pending = userdata;

	log_info("Whoever asked for a claim is gone, it is undone");
	claims_cancel(pending->claim);
	vec_remove(&pending->bus->claims, pending);
	pending_claim_free(pending);
	return 0;
}

static int pending_claim_new(struct bus *bus, sd_bus_message *message,
			     const struct bus_caller *caller, struct pending_claim **ret)
{
	struct pending_claim *pending = calloc(1, sizeof(*pending));
	int r;

	if (!pending)
		return -ENOMEM;
	pending->bus = bus;
	pending->caller = *caller;
	pending->call = sd_bus_message_ref(message);
	r = sd_bus_track_new(bus->bus, &pending->track, on_claim_caller_gone, pending);
	if (r >= 0)
		r = sd_bus_track_add_sender(pending->track, message);
	if (r >= 0)
		r = vec_add(&bus->claims, pending);
	if (r < 0) {
		pending_claim_free(pending);
		return r;
	}
	*ret = pending;
	return 0;
}

/* Nobody can be answered any more. */
void bus_claim_cancel_all(struct bus *bus)
{
	VEC_FOREACH(struct pending_claim, pending, &bus->claims)
		claims_cancel(pending->claim);
	vec_clear(&bus->claims, pending_claim_free);
}

static bool bus_claim_start(struct bus *bus, sd_bus_message *message, const char *name,
			    const struct bus_options *options, const struct bus_caller *caller,
			    struct refusal *ret_refusal)
{
	const struct devgroup *group = registry_find(bus->registry, name);
	const struct bus_caller holder =
		options->for_user ? bus_auth_holder(caller, options->uid) : *caller;
	const struct claim_request request = {
		.uid = holder.uid,
		.gid = holder.gid,
		.pid = holder.pid,
		.label = options->label,
		.access = options->access,
		.interface = options->interface,
		.persistent = options->persistent,
		.force = options->force,
		.wait_usec = options->wait_usec,
		.still_allowed = pending_claim_still_allowed,
	};
	struct pending_claim *pending;

	if (pending_claim_new(bus, message, caller, &pending) < 0)
		return refusal_set(ret_refusal, REFUSED_NO_MEMORY, "Out of memory.");
	if (group && !bus_auth_may_claim(caller, group->def))
		pending->devices = bus_auth_devices(group);
	if (claims_submit(&bus->manager->claims, name, &request, on_claim_finished, pending,
			  &pending->claim, ret_refusal))
		return true;
	vec_remove(&bus->claims, pending);
	pending_claim_free(pending);
	return false;
}

/* Who claims for another user decides whose devices they are, as only root may. Then the lease is
 * that user's. */
static bool bus_claim_check_uid(const struct bus_options *options, const struct bus_caller *caller,
				struct refusal *ret_refusal)
{
	if (!options->for_user || options->uid == caller->uid || caller->uid == 0)
		return true;
	return refusal_set(ret_refusal, REFUSED_ACCESS_DENIED,
			   "Only root may claim for another user, and not uid %u.",
			   (unsigned)caller->uid);
}

static enum bus_verdict bus_claim_authorize(struct bus *bus, sd_bus_message *message,
					    const char *name, const struct bus_options *options,
					    struct bus_caller *ret_caller,
					    struct refusal *ret_refusal)
{
	const struct devgroup *group = registry_find(bus->registry, name);

	if (bus_auth_get_caller(message, ret_caller) < 0) {
		refusal_set(ret_refusal, REFUSED_ACCESS_DENIED, "The caller cannot be identified.");
		return BUS_REFUSED;
	}
	if (!group) /* which the claim itself finds out */
		return BUS_GRANTED;
	return bus_auth_claim(bus, message, ret_caller, group, options->label, false, ret_refusal);
}

int bus_claim_method(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	static const char *const allowed[] = { "label", "access",     "interface", "wait",
					       "force", "persistent", "uid",	   NULL };
	_cleanup_refusal_ struct refusal refusal = { 0 };
	struct bus_options options = { .interface = INTERFACE_AUTO };
	struct bus_caller caller;
	const char *name;
	int r = sd_bus_message_read(message, "s", &name);

	if (r < 0)
		return r;
	if (!bus_options_read(message, allowed, &options, &refusal))
		return bus_error_set_refusal(error, &refusal);
	switch (bus_claim_authorize(userdata, message, name, &options, &caller, &refusal)) {
	case BUS_REFUSED:
		return bus_error_set_refusal(error, &refusal);
	case BUS_PENDING:
		return 1;
	case BUS_GRANTED:
		break;
	}
	if (!bus_claim_check_uid(&options, &caller, &refusal) ||
	    !bus_claim_start(userdata, message, name, &options, &caller, &refusal))
		return bus_error_set_refusal(error, &refusal);
	return 1; /* answered when it is done */
}
