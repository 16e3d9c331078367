/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The daemon's connection to the system bus, made anew when the bus is restarted: leases go on
 * meanwhile, and claims that were under way are undone, since nobody can be answered.
 */

#include <systemd/sd-event.h>

#include "daemon/manager.h"

struct connection;

/* 0, with the name owned and all objects there; or negative errno, which was logged. */
int connection_new(sd_event *event, struct manager *manager, struct connection **ret) _must_check_;
struct connection *connection_free(struct connection *connection);
DEFINE_CLEANUP(struct connection *, connection_freep, connection_free)
