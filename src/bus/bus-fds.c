/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The descriptors of a lease on the bus. They go only to the connection whose claim was authorized.
 */

#include <errno.h>

#include "base/str.h"
#include "bus/bus-error.h"
#include "bus/bus-fds.h"
#include "bus/bus-peers.h"
#include "bus/bus-text.h"
#include "model/dbus-names.h"

/* The connection that claimed a lease. */
struct fds_owner {
	struct bus *bus;
	char *lease;
	char *sender;
	struct bus_peer_watch watch;
};

static struct fds_owner *fds_owner_free(struct fds_owner *owner)
{
	bus_peers_unwatch(&owner->watch);
	free(owner->lease);
	free(owner->sender);
	free(owner);
	return NULL;
}

DEFINE_CLEANUP(struct fds_owner *, fds_owner_freep, fds_owner_free)
static DEFINE_VEC_CLEAR(fds_owners_clear, struct fds_owner, fds_owner_free)

static void fds_owner_remove(struct fds_owner *owner)
{
	vec_remove(&owner->bus->owners, owner);
	fds_owner_free(owner);
}

static struct fds_owner *fds_owner_find(const struct bus *bus, const char *lease)
{
	VEC_FOREACH(struct fds_owner, owner, &bus->owners)
		if (str_eq(owner->lease, lease))
			return owner;
	return NULL;
}

void bus_fds_forget_lease(struct bus *bus, const char *lease)
{
	struct fds_owner *owner = fds_owner_find(bus, lease);

	if (owner)
		fds_owner_remove(owner);
}

void bus_fds_forget_all(struct bus *bus)
{
	fds_owners_clear(&bus->owners);
}

/* Closes the descriptors that were not taken: no other connection may. Its pipe keeps the lease. */
static void on_fds_owner_gone(void *userdata)
{
	struct fds_owner *owner = userdata;
	struct devgroup *group = registry_find_lease(owner->bus->registry, owner->lease);

	if (group)
		lease_fds_drop(group->lease);
	fds_owner_remove(owner);
}

int bus_fds_add_owner(struct bus *bus, const struct lease *lease, sd_bus_message *call)
{
	_cleanup_(fds_owner_freep) struct fds_owner *owner = calloc(1, sizeof(*owner));
	int r;

	if (!owner)
		return -ENOMEM;
	owner->bus = bus;
	r = str_set(&owner->lease, lease->record->lease);
	if (r < 0)
		return r;
	r = str_set(&owner->sender, str_or(sd_bus_message_get_sender(call), ""));
	if (r < 0)
		return r;
	r = bus_peers_watch(bus, call, &owner->watch, on_fds_owner_gone, owner);
	if (r < 0)
		return r;
	r = vec_add(&bus->owners, owner);
	if (r < 0)
		return r;
	owner = NULL; /* bus->owners owns it */
	return 0;
}

int bus_fds_append(sd_bus_message *reply, const struct lease *lease, unsigned first)
{
	unsigned n = 0;
	int r;

	r = sd_bus_message_open_container(reply, 'a', "(ssh)");
	if (r < 0)
		return r;
	for (size_t i = first; i < lease->fds.n && n < DG_MAX_FDS_PER_REPLY; i++) {
		const struct lease_fd *entry = lease->fds.items[i];

		if (entry->fd < 0)
			continue;
		r = bus_text_append(reply, "(ssh)", entry->kind, entry->name, entry->fd);
		if (r < 0)
			return r;
		n++;
	}
	return sd_bus_message_close_container(reply);
}

void bus_fds_close_sent(struct lease *lease, unsigned first)
{
	unsigned n = 0;

	for (size_t i = first; i < lease->fds.n && n < DG_MAX_FDS_PER_REPLY; i++) {
		struct lease_fd *entry = lease->fds.items[i];

		if (entry->fd < 0)
			continue;
		entry->fd = fd_close(entry->fd);
		n++;
	}
}

int bus_fds_take(sd_bus_message *message, struct bus *bus, struct devgroup *group, unsigned first,
		 sd_bus_error *error)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	const struct fds_owner *owner = fds_owner_find(bus, group->lease->record->lease);
	int r;

	if (!owner || !str_eq(owner->sender, sd_bus_message_get_sender(message)))
		return bus_error_set(
			error, REFUSED_NOT_HOLDER,
			"Only the connection that claimed group %s may take its descriptors.",
			group->def->name);
	r = sd_bus_message_new_method_return(message, &reply);
	if (r < 0)
		return r;
	r = bus_fds_append(reply, group->lease, first);
	if (r < 0)
		return r;
	r = sd_bus_send(NULL, reply, NULL);
	if (r < 0)
		return r;
	bus_fds_close_sent(group->lease, first);
	return 1;
}
