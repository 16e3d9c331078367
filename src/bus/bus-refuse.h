/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Refuses calls beyond a user's share of the daemon's time, slowly. A client makes its next call
 * when it has the answer to the last, and dbus-daemon lets 128 calls of a connection wait for
 * theirs. So the answers set the pace of a flood, and calls of other users do not wait behind it.
 */

#include "bus/bus-peers.h"

struct bus_refuse;

/* The caller frees *ret, before @bus. 0 or negative errno. */
int bus_refuse_new(struct bus *bus, struct bus_refuse **ret) _must_check_;
struct bus_refuse *bus_refuse_free(struct bus_refuse *refuse);

/* Refuses the call of @peer in its turn. Without memory the call stays without an answer. */
void bus_refuse_call(struct bus_refuse *refuse, const struct bus_peer *peer, sd_bus_message *call);
