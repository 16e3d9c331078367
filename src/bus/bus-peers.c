/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "bus/bus-peers.h"

#define DBUS_NAME "org.freedesktop.DBus"
#define DBUS_PATH "/org/freedesktop/DBus"

/*
 * Calls that wait until their connection is known. Each connection may have some; more, only while
 * few wait in all. A call takes about a kilobyte, and up to 16 descriptors.
 */
#define LEAST_HELD 8
#define MOST_HELD 128
#define FEW_HELD 2048

static struct bus_peer *bus_peer_free(struct bus_peer *peer)
{
	sd_bus_slot_unref(peer->question);
	peer->bus->held_calls -= (unsigned)peer->held.n;
	VEC_FOREACH(sd_bus_message, call, &peer->held)
		sd_bus_message_unref(call);
	vec_drop(&peer->held);
	vec_drop(&peer->watches);
	free(peer->name);
	free(peer);
	return NULL;
}

DEFINE_CLEANUP(struct bus_peer *, bus_peer_freep, bus_peer_free)
static DEFINE_VEC_CLEAR(bus_peers_clear, struct bus_peer, bus_peer_free)

static int bus_peer_cmp_name(const void *key, const void *item)
{
	return strcmp(key, ((const struct bus_peer *)item)->name);
}

static struct bus_peer *bus_peers_search(const struct bus *bus, const char *name)
{
	ptrdiff_t i = vec_find_sorted(&bus->peers, name, bus_peer_cmp_name, NULL);

	return i < 0 ? NULL : bus->peers.items[i];
}

/* A callback may end other watches of the peer. */
static void bus_peer_end(struct bus_peer *peer)
{
	vec_remove(&peer->bus->peers, peer);
	while (peer->watches.n > 0) {
		struct bus_peer_watch *watch = vec_remove_at(&peer->watches, peer->watches.n - 1);

		watch->peer = NULL;
		watch->gone(watch->userdata);
	}
	bus_peer_free(peer);
}

/* --- who it is --- */

static int bus_peer_read_credential(struct bus_peer *peer, sd_bus_message *reply)
{
	const char *key;
	uint32_t number;
	int r;

	r = sd_bus_message_read(reply, "s", &key);
	if (r < 0)
		return r;
	if (!str_eq(key, "UnixUserID") && !str_eq(key, "ProcessID"))
		return sd_bus_message_skip(reply, "v");
	r = sd_bus_message_read(reply, "v", "u", &number);
	if (r < 0)
		return r;
	if (str_eq(key, "ProcessID"))
		peer->pid = (pid_t)number;
	else
		peer->uid = number;
	return 0;
}

static int bus_peer_read_credentials(struct bus_peer *peer, sd_bus_message *reply)
{
	int r;

	r = sd_bus_message_enter_container(reply, 'a', "{sv}");
	if (r < 0)
		return r;
	while ((r = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
		r = bus_peer_read_credential(peer, reply);
		if (r < 0)
			return r;
		r = sd_bus_message_exit_container(reply);
		if (r < 0)
			return r;
	}
	return r;
}

/* The calls stay in the list until they come back, so that later ones wait behind them. */
static void bus_peer_resume(struct bus_peer *peer)
{
	VEC_FOREACH(sd_bus_message, call, &peer->held)
		if (sd_bus_enqueue_for_read(peer->bus->bus, call) < 0) {
			log_error("Out of memory: calls of %s are lost", peer->name);
			bus_peer_end(peer);
			return;
		}
}

static int on_peer_credentials(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct bus_peer *peer = userdata;
	const sd_bus_error *failure = sd_bus_message_get_error(reply);

	peer->question = sd_bus_slot_unref(peer->question);
	if (sd_bus_error_has_name(failure, SD_BUS_ERROR_NAME_HAS_NO_OWNER)) {
		bus_peer_end(peer); /* the caller has left the bus */
		return 0;
	}
	peer->known = true;
	if (!failure && bus_peer_read_credentials(peer, reply) < 0)
		peer->uid = (uid_t)-1;
	if (peer->uid == (uid_t)-1)
		log_debug("The bus does not know the user of %s", peer->name);
	bus_peer_resume(peer);
	return 0;
}

static int bus_peer_ask(struct bus_peer *peer)
{
	return sd_bus_call_method_async(peer->bus->bus, &peer->question, DBUS_NAME, DBUS_PATH,
					DBUS_NAME, "GetConnectionCredentials", on_peer_credentials,
					peer, "s", peer->name);
}

static int bus_peers_add(struct bus *bus, const char *name, struct bus_peer **ret)
{
	_cleanup_(bus_peer_freep) struct bus_peer *peer = calloc(1, sizeof(*peer));
	size_t at = 0;
	int r;

	if (!peer)
		return -ENOMEM;
	peer->bus = bus;
	peer->uid = (uid_t)-1;
	peer->name = strdup(name);
	if (!peer->name)
		return -ENOMEM;
	r = bus_peer_ask(peer);
	if (r < 0)
		return r;
	vec_find_sorted(&bus->peers, name, bus_peer_cmp_name, &at);
	r = vec_insert(&bus->peers, at, peer);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(peer);
	return 0;
}

static int bus_peer_hold(struct bus_peer *peer, sd_bus_message *call)
{
	size_t limit = peer->bus->held_calls < FEW_HELD ? MOST_HELD : LEAST_HELD;
	int r;

	if (peer->held.n >= limit)
		return -EBUSY;
	/* behind those that come back already */
	if (peer->known) {
		r = sd_bus_enqueue_for_read(peer->bus->bus, call);
		if (r < 0)
			return r;
	}
	r = vec_add(&peer->held, call);
	if (r < 0)
		return r;
	sd_bus_message_ref(call);
	peer->bus->held_calls++;
	return 0;
}

int bus_peers_identify(struct bus *bus, sd_bus_message *call, struct bus_peer **ret)
{
	const char *name = sd_bus_message_get_sender(call);
	struct bus_peer *peer;
	int r;

	*ret = NULL;
	if (!name)
		return 1;
	peer = bus_peers_search(bus, name);
	if (!peer) {
		r = bus_peers_add(bus, name, &peer);
		if (r < 0)
			return r;
	}
	*ret = peer;
	if (!peer->known)
		return bus_peer_hold(peer, call);
	if (peer->held.n == 0)
		return 1;
	if (peer->held.items[0] != call)
		return bus_peer_hold(peer, call);
	sd_bus_message_unref(vec_remove_at(&peer->held, 0));
	bus->held_calls--;
	return 1;
}

bool bus_peers_is_present(const struct bus *bus, const char *name)
{
	return bus_peers_search(bus, name) != NULL;
}

const struct bus_peer *bus_peers_find_name(const struct bus *bus, const char *name)
{
	const struct bus_peer *peer = bus_peers_search(bus, name);

	return peer && peer->known ? peer : NULL;
}

const struct bus_peer *bus_peers_find(const struct bus *bus, sd_bus_message *call)
{
	const char *name = sd_bus_message_get_sender(call);

	return name ? bus_peers_find_name(bus, name) : NULL;
}

/* --- watches --- */

int bus_peers_watch(struct bus *bus, sd_bus_message *call, struct bus_peer_watch *watch,
		    void (*gone)(void *userdata), void *userdata)
{
	const char *name = sd_bus_message_get_sender(call);
	struct bus_peer *peer = name ? bus_peers_search(bus, name) : NULL;
	int r;

	if (!peer)
		return -EINVAL;
	r = vec_add(&peer->watches, watch);
	if (r < 0)
		return r;
	*watch = (struct bus_peer_watch){ peer, gone, userdata };
	return 0;
}

void bus_peers_unwatch(struct bus_peer_watch *watch)
{
	struct bus_peer *peer = TAKE_PTR(watch->peer);

	if (peer)
		vec_remove(&peer->watches, watch);
}

static int on_name_lost(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct bus *bus = userdata;
	struct bus_peer *peer;
	const char *name;
	int r = sd_bus_message_read(message, "s", &name);

	if (r < 0)
		return r;
	peer = bus_peers_search(bus, name);
	if (peer)
		bus_peer_end(peer);
	return 0;
}

/* --- life --- */

int bus_peers_start(struct bus *bus)
{
	return sd_bus_add_match_async(bus->bus, NULL,
				      "type='signal',sender='" DBUS_NAME "',path='" DBUS_PATH
				      "',interface='" DBUS_NAME
				      "',member='NameOwnerChanged',arg2=''",
				      on_name_lost, NULL, bus);
}

void bus_peers_stop(struct bus *bus)
{
	bus_peers_clear(&bus->peers);
}
