/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Release and Reset of a group. The reply is sent when the daemon layer is done. */

#include "bus/bus-options.h"
#include "bus/bus.h"

#define BUS_RELEASE_WAIT_USEC (5 * 1000000ULL) /* where the caller gives no "wait" */

/*
 * Authorizes the caller and ends the lease of @group. @wait_usec: how long open devices are waited
 * for. Returns as a handler does: negative errno, possibly with @error set, or 1.
 */
int bus_release_submit(sd_bus_message *message, struct bus *bus, struct devgroup *group,
		       uint64_t wait_usec, sd_bus_error *error);

/* Forgets all calls that wait for a release: the connection is closed. The releases continue. */
void bus_release_forget_all(struct bus *bus);

/* Resets a dirty group for a caller that is authorized already. Returns as bus_release_submit(). */
int bus_release_reset(sd_bus_message *message, struct bus *bus, struct devgroup *group,
		      const struct bus_options *options, sd_bus_error *error);
