/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Emits a signal for each event that the daemon layer reports. */

#include "base/log.h"
#include "bus/bus-fds.h"
#include "bus/bus-inhibit.h"
#include "bus/bus-manager.h"
#include "bus/bus-path.h"
#include "bus/bus-signals.h"
#include "bus/bus-text.h"
#include "model/dbus-names.h"

/* --- helpers; @path is NULL when out of memory, and then the signal is lost --- */

static void bus_signals_log(int r, const char *path)
{
	if (r < 0)
		log_warning_errno(r, "Cannot send the signal of %s", path);
}

static void bus_signals_emit_added(struct bus *bus, const char *path)
{
	if (path)
		bus_signals_log(sd_bus_emit_object_added(bus->bus, path), path);
}

/* @names: the properties, ending in NULL. */
static void bus_signals_emit_changed(struct bus *bus, const char *path, const char *interface,
				     const char *const *names)
{
	if (path)
		bus_signals_log(sd_bus_emit_properties_changed_strv(bus->bus, path, interface,
								    (char **)names),
				path);
}

/* Names the interface, because sd-bus cannot find an object that is gone. */
static void bus_signals_emit_removed(struct bus *bus, const char *path, const char *interface)
{
	if (path)
		bus_signals_log(sd_bus_emit_interfaces_removed(bus->bus, path, interface, NULL),
				path);
}

/* --- groups --- */

static void bus_signals_group_added(struct devgroup *group, void *userdata)
{
	_cleanup_free_ char *path = bus_path_group(group->def->name);

	bus_signals_emit_added(userdata, path);
}

static void bus_signals_group_changed(struct devgroup *group, void *userdata)
{
	static const char *const names[] = {
		"State",       "Blockers",    "Devices",    "IommuGroups", "Lease",	"Holder",
		"Description", "ReservedFor", "ErrorState", "Definition",  "DefinedAt", NULL,
	};
	_cleanup_free_ char *path = bus_path_group(group->def->name);

	bus_signals_emit_changed(userdata, path, DG_IFACE_GROUP, names);
}

static void bus_signals_group_removed(const char *name, void *userdata)
{
	_cleanup_free_ char *path = bus_path_group(name);

	bus_signals_emit_removed(userdata, path, DG_IFACE_GROUP);
}

/* --- devices --- */

static void bus_signals_device_added(const struct device *device, void *userdata)
{
	_cleanup_free_ char *path = bus_path_device(device->key);

	bus_signals_emit_added(userdata, path);
}

/* The identity is among them: after lost events another card may be at the same address. */
static void bus_signals_device_changed(const struct device *device, void *userdata)
{
	static const char *const names[] = {
		"IommuGroup",	   "Driver",	   "HostDriver",
		"DriverOverride",  "Vendor",	   "Device",
		"VendorName",	   "DeviceName",   "SubsystemVendor",
		"SubsystemDevice", "Class",	   "ClassName",
		"Interfaces",	   "ResetMethods", "ResetRequired",
		"ResetDriver",	   "PowerState",   "NumaNode",
		"PhysFn",	   "ErrorState",   "ErrorCounts",
		"DmaWindows",	   "DmaFacts",	   "MmioFacts",
		"MdevTypes",	   "MdevType",	   "MdevParent",
		"HostNames",	   NULL,
	};
	_cleanup_free_ char *path = bus_path_device(device->key);

	bus_signals_emit_changed(userdata, path, DG_IFACE_DEVICE, names);
}

static void bus_signals_isolation_changed(const struct device *device, void *userdata)
{
	static const char *const names[] = { "Isolation", NULL };
	_cleanup_free_ char *path = bus_path_device(device->key);

	bus_signals_emit_changed(userdata, path, DG_IFACE_DEVICE, names);
}

static void bus_signals_device_removed(const char *key, void *userdata)
{
	_cleanup_free_ char *path = bus_path_device(key);

	bus_signals_emit_removed(userdata, path, DG_IFACE_DEVICE);
}

/* --- leases --- */

static void bus_signals_lease_added(struct devgroup *group, void *userdata)
{
	_cleanup_free_ char *path = bus_path_lease(group->lease->record->lease);

	bus_inhibit_update(userdata);
	bus_signals_emit_added(userdata, path);
}

static void bus_signals_lease_changed(struct devgroup *group, void *userdata)
{
	static const char *const names[] = { "State", "FdCount", NULL };
	_cleanup_free_ char *path = bus_path_lease(group->lease->record->lease);

	bus_signals_emit_changed(userdata, path, DG_IFACE_LEASE, names);
}

static void bus_signals_lease_removed(const char *lease, void *userdata)
{
	_cleanup_free_ char *path = bus_path_lease(lease);

	bus_fds_forget_lease(userdata, lease);
	bus_inhibit_update(userdata);
	bus_signals_emit_removed(userdata, path, DG_IFACE_LEASE);
}

static void bus_signals_lease_error(struct devgroup *group, const struct device *device,
				    void *userdata)
{
	static const char *const names[] = { "ErrorState", NULL };
	struct bus *bus = userdata;
	_cleanup_free_ char *path = bus_path_lease(group->lease->record->lease);
	int r;

	if (!path)
		return;
	r = bus_text_emit(bus->bus, path, DG_IFACE_LEASE, "Error", "ss", device->key,
			  error_state_to_string(device->errors.state));
	bus_signals_log(r, path);
	bus_signals_emit_changed(bus, path, DG_IFACE_LEASE, names);
}

static void bus_signals_lease_step(struct devgroup *group, unsigned index, unsigned count,
				   const struct step *step, const char *state, void *userdata)
{
	struct bus *bus = userdata;
	_cleanup_free_ char *path = bus_path_lease(group->lease->record->lease);
	_cleanup_free_ char *subject = step_subject(step);
	int r;

	if (!path || !subject)
		return;
	r = bus_text_emit(bus->bus, path, DG_IFACE_LEASE, "Step", "uusss", index, count,
			  step_kind_to_string(step->kind), subject, state);
	bus_signals_log(r, path);
}

/* --- the manager --- */

static void bus_signals_problems_changed(void *userdata)
{
	static const char *const names[] = { "Problems", "ProblemDetails", NULL };

	bus_signals_emit_changed(userdata, DG_OBJECT_PATH, DG_IFACE_MANAGER, names);
}

static void bus_signals_host_changed(void *userdata)
{
	bus_signals_log(bus_manager_emit_changes(userdata), DG_OBJECT_PATH);
}

const struct events_observer bus_signals_observer = {
	.group_added = bus_signals_group_added,
	.group_changed = bus_signals_group_changed,
	.group_removed = bus_signals_group_removed,
	.device_added = bus_signals_device_added,
	.device_changed = bus_signals_device_changed,
	.device_removed = bus_signals_device_removed,
	.isolation_changed = bus_signals_isolation_changed,
	.lease_added = bus_signals_lease_added,
	.lease_changed = bus_signals_lease_changed,
	.lease_removed = bus_signals_lease_removed,
	.lease_error = bus_signals_lease_error,
	.lease_step = bus_signals_lease_step,
	.problems_changed = bus_signals_problems_changed,
	.host_changed = bus_signals_host_changed,
};
