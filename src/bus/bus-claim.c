/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Claim. The call is kept in bus->claims until the daemon layer has its answer. If the caller
 * leaves the bus before that, its claim is undone.
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
#include "bus/bus-peers.h"
#include "daemon/group-name.h"
#include "daemon/manager.h"

struct pending_claim {
	struct bus *bus;
	sd_bus_message *call;
	struct bus_peer_watch watch; /* of the caller */
	struct claim *claim;
	struct bus_caller caller;
	char *devices; /* for which polkit allowed the claim; NULL: polkit was not asked */
};

static struct pending_claim *pending_claim_free(struct pending_claim *pending)
{
	bus_peers_unwatch(&pending->watch);
	sd_bus_message_unref(pending->call);
	free(pending->devices);
	free(pending);
	return NULL;
}

DEFINE_CLEANUP(struct pending_claim *, pending_claim_freep, pending_claim_free)
static DEFINE_VEC_CLEAR(pending_claims_clear, struct pending_claim, pending_claim_free)

static void pending_claim_remove(struct pending_claim *pending)
{
	vec_remove(&pending->bus->claims, pending);
	pending_claim_free(pending);
}

void bus_claim_cancel_all(struct bus *bus)
{
	VEC_FOREACH(struct pending_claim, pending, &bus->claims)
		claims_cancel(pending->claim);
	pending_claims_clear(&bus->claims);
}

static void on_claim_caller_gone(void *userdata)
{
	struct pending_claim *pending = userdata;

	log_info("The caller of a claim left the bus: the claim is undone");
	claims_cancel(pending->claim);
	pending_claim_remove(pending);
}

static int pending_claim_new(struct bus *bus, sd_bus_message *call, const struct bus_caller *caller,
			     struct pending_claim **ret)
{
	_cleanup_(pending_claim_freep) struct pending_claim *pending = calloc(1, sizeof(*pending));
	int r;

	if (!pending)
		return -ENOMEM;
	pending->bus = bus;
	pending->caller = *caller;
	pending->call = sd_bus_message_ref(call);
	r = bus_peers_watch(bus, call, &pending->watch, on_claim_caller_gone, pending);
	if (r < 0)
		return r;
	r = vec_add(&bus->claims, pending);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(pending);
	return 0;
}

/* --- the reply --- */

static int bus_claim_reply(struct bus *bus, sd_bus_message *call, struct lease *lease)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	_cleanup_free_ char *path = bus_path_lease(lease->record->lease);
	int r;

	if (!path)
		return -ENOMEM;
	r = bus_fds_add_owner(bus, lease, call);
	if (r < 0)
		return r;
	r = sd_bus_message_new_method_return(call, &reply);
	if (r < 0)
		return r;
	r = sd_bus_message_append(reply, "o", path);
	if (r < 0)
		return r;
	r = bus_fds_append(reply, lease, 0);
	if (r < 0)
		return r;
	r = sd_bus_send(bus->bus, reply, NULL);
	if (r < 0)
		return r;
	bus_fds_close_sent(lease, 0);
	return 0;
}

static void on_claim_finished(struct devgroup *group, const struct refusal *refusal, void *userdata)
{
	struct pending_claim *pending = userdata;
	int r;

	if (refusal)
		r = bus_error_reply_refusal(pending->call, refusal);
	else
		r = bus_claim_reply(pending->bus, pending->call, group->lease);
	if (r < 0) {
		log_error_errno(r, "Cannot answer the claim of group %s", group->def->name);
		/* no client has the lease, so no client would end it */
		if (!refusal)
			lease_end(group->lease);
	}
	pending_claim_remove(pending);
}

/* --- the call --- */

/* A claim that waited in line is about to start: checks its permission again. */
static bool pending_claim_still_allowed(const struct devgroup *group, void *userdata,
					struct refusal *ret_refusal)
{
	const struct pending_claim *pending = userdata;
	_cleanup_free_ char *devices = bus_auth_devices(group);

	if (bus_auth_may_claim(&pending->caller, group->def))
		return true;
	if (pending->devices && str_eq(pending->devices, devices))
		return true;
	return refusal_set(ret_refusal, REFUSED_ACCESS_DENIED,
			   "The definition of group %s changed while this claim waited, and no "
			   "longer allows it. Claim it again.",
			   group->def->name);
}

/* Only root may claim for another user, who then holds the lease. */
static bool bus_claim_may_claim_for(const struct bus_caller *caller,
				    const struct bus_options *options)
{
	return !options->for_user || options->uid == caller->uid || caller->uid == 0;
}

/* 1 or negative errno with @error set, or 0 while polkit is asked: see bus-auth.h. */
static int bus_claim_authorize(struct bus *bus, sd_bus_message *message,
			       const struct devgroup *group, const struct bus_options *options,
			       struct bus_caller *ret_caller, sd_bus_error *error)
{
	if (bus_auth_get_caller(bus, message, ret_caller) < 0)
		return bus_error_set(error, REFUSED_ACCESS_DENIED,
				     "The caller cannot be identified.");
	if (!bus_claim_may_claim_for(ret_caller, options))
		return bus_error_set(error, REFUSED_ACCESS_DENIED,
				     "Only root may claim for another user, not uid %u.",
				     (unsigned)ret_caller->uid);
	return bus_auth_claim(bus, message, ret_caller, group, options->label, error);
}

static struct claim_request bus_claim_make_request(const struct bus_options *options,
						   const struct bus_caller *caller)
{
	struct bus_caller holder = *caller;

	if (options->for_user)
		holder = bus_auth_holder(caller, options->uid);
	return (struct claim_request){
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
		.on_done = on_claim_finished,
	};
}

static int bus_claim_start(struct bus *bus, sd_bus_message *message, struct devgroup *group,
			   const struct bus_options *options, const struct bus_caller *caller,
			   sd_bus_error *error)
{
	struct claim_request request = bus_claim_make_request(options, caller);
	_cleanup_refusal_ struct refusal refusal = { 0 };
	struct pending_claim *pending;

	if (pending_claim_new(bus, message, caller, &pending) < 0)
		return bus_error_set(error, REFUSED_NO_MEMORY, "Out of memory.");
	if (!bus_auth_may_claim(caller, group->def))
		pending->devices = bus_auth_devices(group);
	request.userdata = pending;
	if (!claims_submit(&bus->manager->claims, group, &request, &pending->claim, &refusal)) {
		pending_claim_remove(pending);
		return bus_error_set_refusal(error, &refusal);
	}
	return 1; /* on_claim_finished() replies */
}

int bus_claim_method(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	static const char *const allowed[] = { "label", "access",     "interface", "wait",
					       "force", "persistent", "uid",	   NULL };
	_cleanup_bus_options_ struct bus_options options = { .interface = INTERFACE_AUTO };
	_cleanup_refusal_ struct refusal refusal = { 0 };
	struct bus *bus = userdata;
	struct devgroup *group = NULL;
	struct bus_caller caller;
	const char *name;
	int r;

	r = sd_bus_message_read(message, "s", &name);
	if (r < 0)
		return r;
	r = bus_options_read(message, allowed, &options, error);
	if (r < 0)
		return r;
	if (!group_name_find(bus->registry, name, &group, &refusal))
		return bus_error_set_refusal(error, &refusal);
	r = bus_claim_authorize(bus, message, group, &options, &caller, error);
	if (r < 0)
		return r;
	if (r == 0)
		return 1; /* polkit is being asked */
	return bus_claim_start(bus, message, group, &options, &caller, error);
}
