/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Registers the objects, and ties them to the registry. Nothing below the bus layer knows of it. */

#include <errno.h>

#include "base/clock.h"
#include "bus/bus-budget.h"
#include "bus/bus-claim.h"
#include "bus/bus-fds.h"
#include "bus/bus-gate.h"
#include "bus/bus-inhibit.h"
#include "bus/bus-manager.h"
#include "bus/bus-object.h"
#include "bus/bus-peers.h"
#include "bus/bus-polkit.h"
#include "bus/bus-reader.h"
#include "bus/bus-release.h"
#include "bus/bus-signals.h"
#include "bus/bus-usage.h"
#include "daemon/manager.h"
#include "model/dbus-names.h"

const struct bus_object *const bus_objects[] = {
	&bus_manager_object, &bus_group_object, &bus_device_object, &bus_lease_object, NULL,
};

static int bus_add_object(struct bus *bus, const struct bus_object *object)
{
	int r;

	if (!object->find)
		return sd_bus_add_object_vtable(bus->bus, NULL, object->path, object->interface,
						object->vtable, bus);
	r = sd_bus_add_fallback_vtable(bus->bus, NULL, object->path, object->interface,
				       object->vtable, object->find, bus);
	if (r < 0)
		return r;
	return sd_bus_add_node_enumerator(bus->bus, NULL, object->path, object->enumerate, bus);
}

static int bus_add_all_objects(struct bus *bus)
{
	int r;

	for (const struct bus_object *const *object = bus_objects; *object; object++) {
		r = bus_add_object(bus, *object);
		if (r < 0)
			return r;
	}
	return sd_bus_add_object_manager(bus->bus, NULL, DG_OBJECT_PATH);
}

int bus_new(sd_bus *connection, struct manager *manager, struct bus **ret)
{
	_cleanup_(bus_freep) struct bus *bus = calloc(1, sizeof(*bus));
	int r;

	if (!bus)
		return -ENOMEM;
	bus->bus = sd_bus_ref(connection);
	bus->manager = manager;
	bus->registry = manager->registry;
	bus->inhibitor = -EBADF;
	bus->budget = bus_budget_new(clock_usec(CLOCK_MONOTONIC));
	if (!bus->budget)
		return -ENOMEM;
	r = bus_gate_new(bus, &bus->gate);
	if (r < 0)
		return r;
	bus_reader_set_bus(bus);
	r = bus_peers_start(bus);
	if (r < 0)
		return r;
	r = bus_add_all_objects(bus);
	if (r < 0)
		return r;
	r = bus_inhibit_start(bus);
	if (r < 0)
		return r;
	r = bus_manager_emit_changes(bus);
	if (r < 0)
		return r;
	registry_set_observer(bus->registry, &bus_signals_observer, bus);
	*ret = TAKE_PTR(bus);
	return 0;
}

struct bus *bus_free(struct bus *bus)
{
	if (!bus)
		return NULL;
	if (bus->registry)
		registry_set_observer(bus->registry, NULL, NULL);
	bus_inhibit_stop(bus);
	bus_fds_forget_all(bus);
	bus_claim_cancel_all(bus);
	bus_release_forget_all(bus);
	bus_usage_forget_all(bus);
	bus_polkit_cancel_all(bus);
	bus_gate_free(bus->gate);
	bus_reader_set_bus(NULL);
	bus_peers_stop(bus);
	bus_budget_free(bus->budget);
	sd_bus_flush_close_unref(bus->bus);
	free(bus->published_module);
	free(bus);
	return NULL;
}
