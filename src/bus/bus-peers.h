/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The connections that have called the daemon: whose they are, and what ends with them. An entry
 * lives as long as its connection. One match tells the end of all of them, because dbus-daemon
 * closes a connection that asks for more than 512 matches.
 */

#include "bus/bus.h"

struct bus_peer {
	char *name; /* unique name; the bus never uses one twice */
	bool known; /* the bus has told what follows */
	uid_t uid;  /* (uid_t)-1: the bus does not know it */
	pid_t pid;  /* 0: the bus does not know it */
	struct bus *bus;
	sd_bus_slot *question; /* to the bus: who is it */
	struct vec held;       /* sd_bus_message, a reference each: calls that come back */
	struct vec watches;    /* struct bus_peer_watch, not owned */
};

/* Part of an object that ends with a connection. Zero: it watches none. */
struct bus_peer_watch {
	struct bus_peer *peer;
	void (*gone)(void *userdata);
	void *userdata;
};

/* Adds the match, once for each connection to the bus. 0 or negative errno. */
int bus_peers_start(struct bus *bus) _must_check_;
/* Frees the table. All watches must have ended. */
void bus_peers_stop(struct bus *bus);

/*
 * Finds the sender of @call; *ret is NULL if the call has none. Returns 1 if it is known. 0: the
 * bus was asked, and the call is handled again from its start when the bus has answered. The calls
 * of a connection stay in their order. -EBUSY: too many of its calls wait already. -ENOMEM.
 */
int bus_peers_identify(struct bus *bus, sd_bus_message *call, struct bus_peer **ret) _must_check_;

/* Tells whether the connection @name has called the daemon and is still on the bus. */
bool bus_peers_is_present(const struct bus *bus, const char *name) _must_check_;

/* Return the connection with this unique name, or the sender of @call; NULL if it is not known. */
const struct bus_peer *bus_peers_find_name(const struct bus *bus, const char *name) _must_check_;
const struct bus_peer *bus_peers_find(const struct bus *bus, sd_bus_message *call) _must_check_;

/*
 * Calls @gone, once, when the sender of @call leaves the bus. The watch has ended then. The memory
 * of @watch must stay where it is until that or bus_peers_unwatch(). 0, -EINVAL if the sender is
 * not known, or -ENOMEM.
 */
int bus_peers_watch(struct bus *bus, sd_bus_message *call, struct bus_peer_watch *watch,
		    void (*gone)(void *userdata), void *userdata) _must_check_;
/* Ends the watch, if it watches. */
void bus_peers_unwatch(struct bus_peer_watch *watch);
