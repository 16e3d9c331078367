/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Emits what the daemon layer reports as signals. */

#include "base/log.h"
#include "bus/bus.h"
#include "model/dbus-names.h"

static void check(int r, const char *what)
{
	if (r < 0)
		log_warning_errno(r, "Cannot send the signal of %s", what);
}

static void on_group_added(struct devgroup *group, void *userdata)
{
	struct bus *bus = userdata;
	_cleanup_free_ char *path = bus_group_path(group->def->name);

	if (path)
		check(sd_bus_emit_object_added(bus->bus, path), path);
}

static void on_group_changed(struct devgroup *group, void *userdata)
{
	struct bus *bus = userdata;
	_cleanup_free_ char *path = bus_group_path(group->def->name);

	if (path)
		check(sd_bus_emit_properties_changed(bus->bus, path, DG_IFACE_GROUP, "State",
						     "Blockers", "Devices", "IommuGroups", "Lease",
						     "Holder", "Description", "ReservedFor",
						     "ErrorState", "Definition", NULL),
		      path);
}

/* The object is gone already, so its interfaces are named. */
static void emit_removed(struct bus *bus, const char *path, const char *interface)
{
	if (path)
		check(sd_bus_emit_interfaces_removed(bus->bus, path, interface, NULL), path);
}

static void on_group_removed(const char *name, void *userdata)
{
	_cleanup_free_ char *path = bus_group_path(name);

	emit_removed(userdata, path, DG_IFACE_GROUP);
}

static void on_device_added(const struct device *device, void *userdata)
{
	struct bus *bus = userdata;
	_cleanup_free_ char *path = bus_device_path(device->key);

	if (path)
		check(sd_bus_emit_object_added(bus->bus, path), path);
}

static void on_device_changed(const struct device *device, void *userdata)
{
	struct bus *bus = userdata;
	_cleanup_free_ char *path = bus_device_path(device->key);

	if (path)
		check(sd_bus_emit_properties_changed(bus->bus, path, DG_IFACE_DEVICE, "IommuGroup",
						     "Driver", "HostDriver", "DriverOverride",
						     "Interfaces", "ResetMethods", "PowerState",
						     "ErrorState", "ErrorCounts", "DmaWindows",
						     "DmaFacts", "MmioFacts", "MdevTypes", "MdevType",
						     "MdevParent", NULL),
		      path);
}

static void on_isolation_changed(const struct device *device, void *userdata)
{
	struct bus *bus = userdata;
	_cleanup_free_ char *path = bus_device_path(device->key);

	if (path)
		check(sd_bus_emit_properties_changed(bus->bus, path, DG_IFACE_DEVICE, "Isolation",
						     NULL),
		      path);
}

static void on_device_removed(const char *key, void *userdata)
{
	_cleanup_free_ char *path = bus_device_path(key);

	emit_removed(userdata, path, DG_IFACE_DEVICE);
}

static void on_lease_added(struct devgroup *group, void *userdata)
{
	struct bus *bus = userdata;
	_cleanup_free_ char *path = bus_lease_path(group->lease->record->lease);

	bus_inhibit_update(bus);
	if (path)
		check(sd_bus_emit_object_added(bus->bus, path), path);
}

static void on_lease_changed(struct devgroup *group, void *userdata)
{
	struct bus *bus = userdata;
	_cleanup_free_ char *path = bus_lease_path(group->lease->record->lease);

	if (path)
		check(sd_bus_emit_properties_changed(bus->bus, path, DG_IFACE_LEASE, "State",
						     "FdCount", NULL),
		      path);
}

static void on_lease_removed(const char *lease, void *userdata)
{
	_cleanup_free_ char *path = bus_lease_path(lease);

	bus_forget_lease(userdata, lease);
	bus_inhibit_update(userdata);
	emit_removed(userdata, path, DG_IFACE_LEASE);
}

static void on_lease_error(struct devgroup *group, const struct device *device, void *userdata)
{
	struct bus *bus = userdata;
	_cleanup_free_ char *path = bus_lease_path(group->lease->record->lease);

	if (!path)
		return;
	check(sd_bus_emit_signal(bus->bus, path, DG_IFACE_LEASE, "Error", "ss", device->key,
				 error_state_to_string(device->errors.state)),
	      path);
	check(sd_bus_emit_properties_changed(bus->bus, path, DG_IFACE_LEASE, "ErrorState", NULL),
	      path);
}

static void on_lease_step(struct devgroup *group, unsigned index, unsigned count,
			  const struct step *step, const char *state, void *userdata)
{
	struct bus *bus = userdata;
	_cleanup_free_ char *path = bus_lease_path(group->lease->record->lease);
	_cleanup_free_ char *subject = step_subject(step);

	if (path && subject)
		check(sd_bus_emit_signal(bus->bus, path, DG_IFACE_LEASE, "Step", "uusss", index, count,
					 step_kind_to_string(step->kind), subject, state),
		      path);
}

void bus_ask_for_release(struct bus *bus, const char *lease, uid_t uid)
{
	_cleanup_free_ char *path = bus_lease_path(lease);

	if (path)
		check(sd_bus_emit_signal(bus->bus, path, DG_IFACE_LEASE, "ReleaseRequested", "u",
					 (uint32_t)uid),
		      path);
}

static void on_problems_changed(void *userdata)
{
	struct bus *bus = userdata;

	check(sd_bus_emit_properties_changed(bus->bus, DG_OBJECT_PATH, DG_IFACE_MANAGER, "Problems",
					     NULL),
	      DG_OBJECT_PATH);
}

static void on_host_changed(void *userdata)
{
	check(bus_manager_news(userdata), DG_OBJECT_PATH);
}

const struct registry_observer bus_observer = {
	.group_added = on_group_added,
	.group_changed = on_group_changed,
	.group_removed = on_group_removed,
	.device_added = on_device_added,
	.device_changed = on_device_changed,
	.device_removed = on_device_removed,
	.isolation_changed = on_isolation_changed,
	.lease_added = on_lease_added,
	.lease_changed = on_lease_changed,
	.lease_removed = on_lease_removed,
	.lease_error = on_lease_error,
	.lease_step = on_lease_step,
	.problems_changed = on_problems_changed,
	.host_changed = on_host_changed,
};
