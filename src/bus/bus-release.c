/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Release and Reset of a group. Their replies are sent when the daemon layer is done. */

#include <errno.h>

#include "base/log.h"
#include "bus/bus-auth.h"
#include "bus/bus-error.h"
#include "bus/bus-path.h"
#include "bus/bus-release.h"
#include "daemon/manager.h"
#include "model/dbus-names.h"

/* Emits the signal that asks the holder to close its devices: user @uid wants the group back. */
static void bus_release_emit_request(struct bus *bus, const char *lease, uid_t uid)
{
	_cleanup_free_ char *path = bus_path_lease(lease);
	int r;

	if (!path)
		return;
	r = sd_bus_emit_signal(bus->bus, path, DG_IFACE_LEASE, "ReleaseRequested", "u",
			       (uint32_t)uid);
	if (r < 0)
		log_warning_errno(r, "Cannot send the signal of %s", path);
}

static void on_release_finished(const struct refusal *refusal, void *userdata)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = userdata;
	int r;

	if (refusal)
		r = bus_error_reply_refusal(call, refusal);
	else
		r = sd_bus_reply_method_return(call, NULL);
	if (r < 0)
		log_warning_errno(r, "Cannot answer a release");
}

int bus_release_submit(sd_bus_message *message, struct bus *bus, struct devgroup *group,
		       uint64_t wait_usec, sd_bus_error *error)
{
	const struct release_waiter waiter = { wait_usec, on_release_finished, message };
	struct bus_caller caller;
	int r;

	r = bus_auth_get_caller(bus, message, &caller);
	if (r < 0)
		return r;
	r = bus_auth_release(bus, message, &caller, group, error);
	if (r < 0)
		return r;
	if (r == 0)
		return 1; /* polkit is being asked */
	if (group->lease)
		bus_release_emit_request(bus, group->lease->record->lease, caller.uid);
	sd_bus_message_ref(message);
	r = releases_submit(&bus->manager->releases, group, &waiter);
	if (r < 0) {
		sd_bus_message_unref(message);
		return r;
	}
	return 1; /* on_release_finished() replies */
}

int bus_release_reset(sd_bus_message *message, struct bus *bus, struct devgroup *group,
		      const struct bus_options *options, sd_bus_error *error)
{
	_cleanup_refusal_ struct refusal refusal = { 0 };
	const struct release_waiter waiter = { options->wait_usec, on_release_finished, message };

	sd_bus_message_ref(message);
	if (resets_submit(&bus->manager->resets, group, options->method, &waiter, &refusal))
		return 1; /* on_release_finished() replies */
	sd_bus_message_unref(message);
	return bus_error_set_refusal(error, &refusal);
}
