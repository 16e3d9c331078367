/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The descriptors of a lease on the bus. They go only to the connection whose claim was authorised.
 */

#include <errno.h>

#include "base/str.h"
#include "bus/bus-error.h"
#include "bus/bus-fds.h"
#include "bus/bus.h"
#include "model/dbus-names.h"

/* Which connection claimed a lease, for as long as it has descriptors to take. */
struct fds_owner {
	struct bus *bus;
	char *lease;
	char *sender;
	sd_bus_track *track;
};

/* Moves up to one reply's worth of descriptors from number @first on into @reply; 0 or negative
 * errno. */
int bus_fds_append(sd_bus_message *reply, struct lease *lease, unsigned first)
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
void bus_fds_close_sent(struct lease *lease, unsigned first)
{
	unsigned n = 0;

	for (size_t i = first; i < lease->fds.n && n < DG_MAX_FDS_PER_REPLY; i++) {
		struct lease_fd *entry = lease->fds.items[i];

		n += entry->fd >= 0;
		entry->fd = fd_close(entry->fd);
	}
}

static struct fds_owner *fds_owner_find(struct bus *bus, const char *lease)
{
	VEC_FOREACH(struct fds_owner, owner, &bus->owners)
		if (str_eq(owner->lease, lease))
			return owner;
	return NULL;
}

static void *fds_owner_free(void *data)
{
	struct fds_owner *owner = data;

	sd_bus_track_unref(owner->track);
	free(owner->lease);
	free(owner->sender);
	free(owner);
	return NULL;
}

void bus_fds_forget_lease(struct bus *bus, const char *lease)
{
	struct fds_owner *owner = fds_owner_find(bus, lease);

	if (!owner)
		return;
	vec_remove(&bus->owners, owner);
	fds_owner_free(owner);
}

void bus_fds_forget_all(struct bus *bus)
{
	vec_clear(&bus->owners, fds_owner_free);
}

/* The connection is gone: what it has not taken can never be taken. The lease lives on by its pipe.
 */
static int on_fds_owner_gone(sd_bus_track *track, void *userdata)
{
	struct fds_owner *owner = userdata;
	struct bus *bus = owner->bus;
	struct devgroup *group = registry_find_lease(bus->registry, owner->lease);

	if (group)
		lease_fds_drop(group->lease);
	vec_remove(&bus->owners, owner);
	fds_owner_free(owner);
	return 0;
}

int bus_fds_add_owner(struct bus *bus, const struct lease *lease, sd_bus_message *call)
{
	struct fds_owner *owner = calloc(1, sizeof(*owner));
	int r;

	if (!owner)
		return -ENOMEM;
	owner->bus = bus;
	owner->lease = strdup(lease->record->lease);
	owner->sender = strdup(str_or(sd_bus_message_get_sender(call), ""));
	r = owner->lease && owner->sender ? 0 : -ENOMEM;
	if (r >= 0)
		r = sd_bus_track_new(bus->bus, &owner->track, on_fds_owner_gone, owner);
	if (r >= 0)
		r = sd_bus_track_add_name(owner->track, owner->sender);
	if (r >= 0)
		r = vec_add(&bus->owners, owner);
	if (r < 0)
		fds_owner_free(owner);
	return r;
}

int bus_fds_take(sd_bus_message *message, struct bus *bus, struct devgroup *group, unsigned first,
		 sd_bus_error *error)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	_cleanup_refusal_ struct refusal refusal = { 0 };
	const struct fds_owner *owner = fds_owner_find(bus, group->lease->record->lease);
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
	r = bus_fds_append(reply, group->lease, first);
	if (r < 0)
		return r;
	r = sd_bus_send(NULL, reply, NULL);
	if (r >= 0)
		bus_fds_close_sent(group->lease, first);
	return r;
}
