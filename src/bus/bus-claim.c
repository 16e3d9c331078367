/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Calls that take a while: Claim, Release and TakeFds, whose replies are sent when the daemon layer
 * has its answer. A descriptor goes only to the connection whose claim was authorised.
 */

#include <errno.h>

#include "base/log.h"
#include "base/str.h"
#include "bus/bus.h"
#include "model/dbus-names.h"

/* Which connection claimed a lease, for as long as it has descriptors to take. */
struct lease_owner {
	struct bus *bus;
	char *lease;
	char *sender;
	sd_bus_track *track;
};

struct pending_claim {
	struct bus *bus;
	sd_bus_message *call;
	sd_bus_track *track; /* of the caller: if it goes, so does its claim */
	struct claim *claim;
	struct bus_caller caller;
	char *devices; /* what polkit's leave was for; NULL: it was not asked */
};

/* --- descriptors --- */

/* Moves up to one reply's worth of descriptors from number @first on into @reply; 0 or negative
 * errno. */
static int bus_claim_append_fds(sd_bus_message *reply, struct lease *lease, unsigned first)
{
	unsigned n = 0;
	int r = sd_bus_message_open_container(reply, 'a', "(ssh)");

	for (size_t i = first; r >= 0 && i < lease->fds.n && n < DG_MAX_FDS_PER_REPLY; i++) {
		struct lease_fd *entry = lease->fds.items[i];

		if (entry->fd < 0)
			continue;
		r = sd_bus_message_append(reply, "(ssh)", entry->kind, entry->name, entry->fd);
		n++;
	}
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* What a sent reply carries is no longer ours. */
static void bus_claim_close_sent_fds(struct lease *lease, unsigned first)
{
	unsigned n = 0;

	for (size_t i = first; i < lease->fds.n && n < DG_MAX_FDS_PER_REPLY; i++) {
		struct lease_fd *entry = lease->fds.items[i];

		n += entry->fd >= 0;
		entry->fd = fd_close(entry->fd);
	}
}

static struct lease_owner *lease_owner_find(struct bus *bus, const char *lease)
{
	VEC_FOREACH(struct lease_owner, owner, &bus->owners)
		if (str_eq(owner->lease, lease))
			return owner;
	return NULL;
}

static void *lease_owner_free(void *data)
{
	struct lease_owner *owner = data;

	sd_bus_track_unref(owner->track);
	free(owner->lease);
	free(owner->sender);
	free(owner);
	return NULL;
}

void bus_claim_forget_lease(struct bus *bus, const char *lease)
{
	struct lease_owner *owner = lease_owner_find(bus, lease);

	if (!owner)
		return;
	vec_remove(&bus->owners, owner);
	lease_owner_free(owner);
}

void bus_claim_forget_all_leases(struct bus *bus)
{
	vec_clear(&bus->owners, lease_owner_free);
}

/* The connection is gone: what it has not taken can never be taken. The lease lives on by its pipe.
 */
static int on_lease_owner_gone(sd_bus_track *track, void *userdata)
{
	struct lease_owner *owner = userdata;
	struct bus *bus = owner->bus;
	struct devgroup *group = registry_find_lease(bus->registry, owner->lease);

	if (group)
		lease_drop_fds(group->lease);
	vec_remove(&bus->owners, owner);
	lease_owner_free(owner);
	return 0;
}

static int lease_owner_add(struct bus *bus, const struct lease *lease, sd_bus_message *call)
{
	struct lease_owner *owner = calloc(1, sizeof(*owner));
	int r;

	if (!owner)
		return -ENOMEM;
	owner->bus = bus;
	owner->lease = strdup(lease->record->lease);
	owner->sender = strdup(str_or(sd_bus_message_get_sender(call), ""));
	r = owner->lease && owner->sender ? 0 : -ENOMEM;
	if (r >= 0)
		r = sd_bus_track_new(bus->bus, &owner->track, on_lease_owner_gone, owner);
	if (r >= 0)
		r = sd_bus_track_add_name(owner->track, owner->sender);
	if (r >= 0)
		r = vec_add(&bus->owners, owner);
	if (r < 0)
		lease_owner_free(owner);
	return r;
}

int bus_claim_take_fds(sd_bus_message *message, struct bus *bus, struct devgroup *group,
		       unsigned first, sd_bus_error *error)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	_cleanup_refusal_ struct refusal refusal = { 0 };
	const struct lease_owner *owner = lease_owner_find(bus, group->lease->record->lease);
	int r;

	if (!owner || !str_eq(owner->sender, sd_bus_message_get_sender(message))) {
		refusal_set(
			&refusal, REFUSED_NOT_HOLDER,
			"The descriptors of group %s go only to the connection that claimed it.",
			group->def->name);
		return bus_error_set_refusal(error, &refusal);
	}
	r = sd_bus_message_new_method_return(message, &reply);
	if (r < 0)
		return r;
	r = bus_claim_append_fds(reply, group->lease, first);
	if (r < 0)
		return r;
	r = sd_bus_send(NULL, reply, NULL);
	if (r >= 0)
		bus_claim_close_sent_fds(group->lease, first);
	return r;
}

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
	_cleanup_free_ char *path = bus_lease_path(group->lease->record->lease);
	int r = path ? lease_owner_add(bus, group->lease, call) : -ENOMEM;

	if (r >= 0)
		r = sd_bus_message_new_method_return(call, &reply);
	if (r >= 0)
		r = sd_bus_message_append(reply, "o", path);
	if (r >= 0)
		r = bus_claim_append_fds(reply, group->lease, 0);
	if (r >= 0)
		r = sd_bus_send(bus->bus, reply, NULL);
	if (r >= 0)
		bus_claim_close_sent_fds(group->lease, 0);
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
	claims_cancel(pending->bus->registry, pending->claim);
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
		claims_cancel(bus->registry, pending->claim);
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
	if (claims_submit(bus->registry, name, &request, on_claim_finished, pending,
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

/* --- Release --- */

static void on_release_finished(const struct refusal *refusal, void *userdata)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = userdata;
	int r = refusal ? bus_error_reply_refusal(call, refusal) :
			  sd_bus_reply_method_return(call, NULL);

	if (r < 0)
		log_warning_errno(r, "Cannot answer a release");
}

int bus_claim_release(sd_bus_message *message, struct bus *bus, struct devgroup *group,
		      uint64_t wait_usec)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };
	struct bus_caller caller;
	int r;

	r = bus_auth_get_caller(message, &caller);
	if (r < 0)
		return r;
	switch (bus_auth_release(bus, message, &caller, group, &refusal)) {
	case BUS_REFUSED:
		return bus_error_reply_refusal(message, &refusal);
	case BUS_PENDING:
		return 1;
	case BUS_GRANTED:
		break;
	}
	if (group->lease)
		bus_signals_release_requested(bus, group->lease->record->lease, caller.uid);
	r = releases_submit(bus->registry, group, wait_usec, on_release_finished,
			    sd_bus_message_ref(message));
	if (r < 0) {
		sd_bus_message_unref(message);
		return r;
	}
	return 1; /* answered when it is done */
}

int bus_claim_reset(sd_bus_message *message, struct bus *bus, struct devgroup *group,
		    const struct bus_options *options, sd_bus_error *error)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };

	if (resets_submit(bus->registry, group, options->method, options->wait_usec,
			  on_release_finished, sd_bus_message_ref(message), &refusal))
		return 1; /* answered when it is done */
	sd_bus_message_unref(message);
	return bus_error_set_refusal(error, &refusal);
}
