/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns the modules of the daemon layer, and passes events from one to the others. */

#include <errno.h>

#include "base/log.h"
#include "daemon/definitions.h"
#include "daemon/lease-observer.h"
#include "daemon/lease/lease-files.h"
#include "daemon/manager.h"

static void manager_refresh(struct manager *manager)
{
	registry_refresh(manager->registry);
	provision_run(manager->provision);
}

/* --- events of the host --- */

static void manager_on_device_added(const struct device *device, void *userdata)
{
	struct manager *manager = userdata;
	const struct events *events = registry_events(manager->registry);

	isolation_watch_invalidate(manager->isolation_watch);
	if (events->observer)
		events->observer->device_added(device, events->userdata);
}

static void manager_on_device_changed(const struct device *device, void *userdata)
{
	struct manager *manager = userdata;
	const struct events *events = registry_events(manager->registry);

	isolation_watch_device_changed(manager->isolation_watch, device);
	provision_parent_changed(manager->provision, device->key, device->mdev_types.n > 0);
	if (events->observer)
		events->observer->device_changed(device, events->userdata);
}

static void manager_on_device_error(const struct device *device, void *userdata)
{
	struct manager *manager = userdata;
	const struct events *events = registry_events(manager->registry);
	struct devgroup *group = registry_find_by_device(manager->registry, device->key);

	if (group && group->lease && events->observer)
		events->observer->lease_error(group, device, events->userdata);
}

static void manager_on_device_removed(const char *key, void *userdata)
{
	struct manager *manager = userdata;
	const struct events *events = registry_events(manager->registry);

	isolation_watch_invalidate(manager->isolation_watch);
	provision_parent_changed(manager->provision, key, false);
	if (events->observer)
		events->observer->device_removed(key, events->userdata);
	resets_device_removed(&manager->resets, key);
}

static void manager_on_isolation_changed(const struct device *device, void *userdata)
{
	const struct manager *manager = userdata;
	const struct events *events = registry_events(manager->registry);

	if (events->observer)
		events->observer->isolation_changed(device, events->userdata);
}

static void manager_on_inventory_changed(void *userdata)
{
	struct manager *manager = userdata;
	const struct events *events = registry_events(manager->registry);

	if (isolation_watch_refresh(manager->isolation_watch, host_inventory(manager->host),
				    manager_on_isolation_changed, manager) < 0)
		log_error("Out of memory: changes of isolation are not reported");
	manager_refresh(manager);
	if (events->observer)
		events->observer->host_changed(events->userdata);
}

static int manager_list_claimable(struct vec *devices, void *userdata)
{
	const struct manager *manager = userdata;

	VEC_FOREACH(const struct devgroup, group, registry_groups(manager->registry)) {
		if (group->lease)
			continue;
		VEC_FOREACH(struct device, device, &group->resolved.devices)
			if (vec_add(devices, device) < 0)
				return -ENOMEM;
	}
	return 0;
}

static int manager_list_error_watched(struct vec *devices, void *userdata)
{
	const struct manager *manager = userdata;

	VEC_FOREACH(const struct devgroup, group, registry_groups(manager->registry))
		VEC_FOREACH(struct device, device, &group->resolved.devices)
			if (vec_add(devices, device) < 0)
				return -ENOMEM;
	return 0;
}

static const struct host_observer host_observer = {
	.device_added = manager_on_device_added,
	.device_changed = manager_on_device_changed,
	.device_error = manager_on_device_error,
	.device_removed = manager_on_device_removed,
	.inventory_changed = manager_on_inventory_changed,
	.list_claimable = manager_list_claimable,
	.list_error_watched = manager_list_error_watched,
};

static void manager_on_provision_done(void *userdata)
{
	struct manager *manager = userdata;

	claims_run_queues(&manager->claims);
}

/* --- life --- */

static void manager_connect(struct manager *manager)
{
	manager->leases = (struct leases){ manager->registry, manager->provision,
					   &lease_observer_callbacks, manager };
	manager->claims = (struct claims){ manager->registry, manager->provision, &manager->leases,
					   &manager->limits };
	manager->releases.host = manager->host;
	manager->resets = (struct resets){ manager->registry, manager->provision, &manager->leases,
					   &manager->releases };
	manager->restart.registry = manager->registry;
	manager->restart.leases = &manager->leases;
}

int manager_new(struct host *host, const char *const *directories, const struct limits *limits,
		struct manager **ret)
{
	_cleanup_(manager_freep) struct manager *manager = calloc(1, sizeof(*manager));
	int r;

	if (!manager)
		return -ENOMEM;
	manager->host = host;
	manager->directories = directories;
	manager->limits = *limits;
	manager->isolation_watch = isolation_watch_new();
	if (!manager->isolation_watch)
		return -ENOMEM;
	r = registry_new(host, &manager->registry);
	if (r < 0)
		return r;
	r = provision_new(manager->registry, manager_on_provision_done, manager,
			  &manager->provision);
	if (r < 0)
		return r;
	manager_connect(manager);
	host_set_observer(host, &host_observer, manager);
	*ret = TAKE_PTR(manager);
	return 0;
}

struct manager *manager_free(struct manager *manager)
{
	if (!manager)
		return NULL;
	host_set_observer(manager->host, NULL, NULL);
	if (manager->registry) {
		registry_set_observer(manager->registry, NULL, NULL);
		VEC_FOREACH(struct devgroup, group, registry_groups(manager->registry))
			claims_drop(group);
	}
	releases_drop(&manager->releases);
	restart_clear_bad_records(&manager->restart);
	provision_free(manager->provision);
	isolation_watch_free(manager->isolation_watch);
	registry_free(manager->registry);
	free(manager);
	return NULL;
}

static int manager_load_definitions(struct manager *manager)
{
	int r;

	r = definitions_load(manager->directories, manager->registry, manager->provision);
	if (r < 0)
		return log_error_errno(r, "Cannot read the definitions");
	r = restart_report_bad_records(&manager->restart);
	if (r < 0)
		return log_error_errno(r, "Cannot read the definitions");
	return 0;
}

int manager_start(struct manager *manager)
{
	const struct inventory *inv;
	int r = manager_load_definitions(manager);

	if (r < 0)
		return r;
	r = host_start(manager->host);
	if (r < 0)
		return r;
	lease_files_reset(manager->host);
	r = restart_adopt_all(&manager->restart);
	if (r < 0)
		return log_error_errno(r, "Cannot adopt the leases of the previous daemon");
	registry_refresh(manager->registry);
	provision_start(manager->provision);
	inv = host_inventory(manager->host);
	log_info("%zu groups are defined, the host has %zu devices in %zu IOMMU groups",
		 registry_groups(manager->registry)->n, inv->devices.n, inv->iommu_groups.n);
	return 0;
}

int manager_reload(struct manager *manager)
{
	const struct events *events = registry_events(manager->registry);
	int r = manager_load_definitions(manager);

	if (r < 0)
		return r;
	manager_refresh(manager);
	claims_run_queues(&manager->claims);
	if (events->observer)
		events->observer->problems_changed(events->userdata);
	log_info("%zu groups are defined", registry_groups(manager->registry)->n);
	return 0;
}
