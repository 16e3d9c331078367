/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What rtnetlink tells of routes, and that something of links, addresses or routes has
 * changed.
 */

#include <stdbool.h>

#include "base/macro.h"

/*
 * @gateway: "192.0.2.1", or NULL for a route without one. 0 or negative errno, which ends the
 * reading.
 */
typedef int (*routes_fn)(const char *interface, const char *gateway, void *userdata);

/* The default routes of all tables, IPv4 and IPv6. 0 or negative errno. */
int routes_read_default(routes_fn fn, void *userdata) _must_check_;

/* A socket that is readable when links, addresses or routes change; or negative errno. */
int routes_watch(void);
/* Reads what waits there: true if it concerns links, addresses or default routes. */
bool routes_watch_dispatch(int fd);
