/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads default routes by rtnetlink, and reports changes of links, addresses and routes. */

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"

/*
 * Receives a route. @gateway is "192.0.2.1", or NULL for a route without one. 0, or a negative
 * errno that ends the reading.
 */
typedef int (*routes_fn)(const char *interface, const char *gateway, void *userdata);

/* Reads the default routes of all tables, IPv4 and IPv6. 0 or negative errno. */
int routes_read_default(routes_fn fn, void *userdata) _must_check_;

/*
 * Reports the default routes among the @size bytes of messages in @buffer, which is aligned for
 * struct nlmsghdr. Returns 1 after the last message of a dump, 0 if more follow, or negative errno.
 */
int routes_parse(char *buffer, size_t size, routes_fn fn, void *userdata) _must_check_;

/* Returns a socket that is readable when links, addresses or routes change, or negative errno. */
int routes_watch(void);
/* Reads all messages that wait. Returns true if one is about links, addresses or default routes. */
bool routes_watch_dispatch(int fd);
