/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The descriptors of a lease, and the connection that may take them. */

#include "bus/bus.h"

/*
 * Remembers that the connection which sent @call claimed @lease, until the lease ends or the
 * connection is closed. 0 or negative errno.
 */
int bus_fds_add_owner(struct bus *bus, const struct lease *lease,
		      sd_bus_message *call) _must_check_;
void bus_fds_forget_lease(struct bus *bus, const char *lease);
void bus_fds_forget_all(struct bus *bus);

/*
 * Appends up to one reply's worth of descriptors, an a(ssh), from number @first on. They stay open:
 * bus_fds_close_sent() closes them after the reply was sent. 0 or negative errno.
 */
int bus_fds_append(sd_bus_message *reply, const struct lease *lease, unsigned first) _must_check_;
void bus_fds_close_sent(struct lease *lease, unsigned first);

/* Replies to TakeFds. Negative errno, possibly with @error set: no descriptor was taken. */
int bus_fds_take(sd_bus_message *message, struct bus *bus, struct devgroup *group, unsigned first,
		 sd_bus_error *error);
