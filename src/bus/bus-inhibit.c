/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Keeps the host from suspending while a group is claimed, by an inhibitor of logind. A device that
 * loses power under a VMM comes back uninitialised, and its guest does not know. Without logind
 * nothing happens.
 */

#include <errno.h>
#include <fcntl.h>

#include "base/log.h"
#include "base/str.h"
#include "bus/bus-inhibit.h"
#include "bus/bus-text.h"

#define LOGIND "org.freedesktop.login1"

static bool bus_inhibit_is_needed(const struct bus *bus)
{
	VEC_FOREACH(const struct devgroup, group, registry_groups(bus->registry))
		if (group->lease)
			return true;
	return false;
}

static int on_inhibit_reply(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct bus *bus = userdata;
	const sd_bus_error *refused = sd_bus_message_get_error(reply);
	int fd, r;

	bus->inhibit_call = sd_bus_slot_unref(bus->inhibit_call);
	if (refused) {
		log_debug("logind refused to inhibit suspend: %s", str_or(refused->message, "?"));
		return 0;
	}
	r = sd_bus_message_read(reply, "h", &fd);
	if (r < 0)
		log_debug_errno(r, "Cannot read the answer of logind");
	else
		/* the message owns its descriptor */
		bus->inhibitor = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	/* all leases may have ended since the call */
	bus_inhibit_update(bus);
	return 0;
}

static int bus_inhibit_request(struct bus *bus)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
	int r;

	r = sd_bus_message_new_method_call(bus->bus, &call, LOGIND, "/org/freedesktop/login1",
					   LOGIND ".Manager", "Inhibit");
	if (r < 0)
		return r;
	r = sd_bus_message_set_auto_start(call, false);
	if (r < 0)
		return r;
	r = bus_text_append(call, "ssss", "sleep", "devgroupd", "Devices are passed through",
			    "block");
	if (r < 0)
		return r;
	return sd_bus_call_async(bus->bus, &bus->inhibit_call, call, on_inhibit_reply, bus, 0);
}

void bus_inhibit_update(struct bus *bus)
{
	int r;

	if (!bus_inhibit_is_needed(bus)) {
		bus->inhibitor = fd_close(bus->inhibitor);
		return;
	}
	if (bus->inhibitor >= 0 || bus->inhibit_call)
		return;
	r = bus_inhibit_request(bus);
	if (r < 0)
		log_debug_errno(r, "Cannot ask logind to inhibit suspend");
}

static int on_logind_owner_changed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	bus_inhibit_update(userdata);
	return 0;
}

int bus_inhibit_start(struct bus *bus)
{
	int r;

	/* logind may start after the daemon, or restart; its inhibitors outlive a restart */
	r = sd_bus_add_match_async(
		bus->bus, NULL,
		"type='signal',sender='org.freedesktop.DBus',"
		"interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" LOGIND "'",
		on_logind_owner_changed, NULL, bus);
	if (r < 0)
		return r;
	bus_inhibit_update(bus);
	return 0;
}

void bus_inhibit_stop(struct bus *bus)
{
	bus->inhibit_call = sd_bus_slot_unref(bus->inhibit_call);
	bus->inhibitor = fd_close(bus->inhibitor);
}
