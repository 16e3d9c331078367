/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The daemon's connection to the system bus, which is opened again when the bus restarts. Leases
 * stay; claims that were under way are undone, because their callers cannot get an answer.
 */

#include <systemd/sd-event.h>

#include "daemon/manager.h"

struct connection;

/*
 * Connects, registers all objects and takes the bus name. @address is that of the bus in D-Bus's
 * form, NULL: that of the system bus. @manager and @address must outlive *ret. 0 or negative errno,
 * which was logged.
 */
int connection_new(sd_event *event, struct manager *manager, const char *address,
		   struct connection **ret) _must_check_;
struct connection *connection_free(struct connection *connection);
DEFINE_CLEANUP(struct connection *, connection_freep, connection_free)
