/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Turns events of the kernel into marks: the keys of devices to re-read. It reads no device. */

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/strv.h"
#include "daemon/host/host-private.h"
#include "sys/probe/probe-kmod.h"
#include "sys/probe/probe-mdev.h"
#include "sys/usage/usage-scan.h"

int host_events_mark_stale(struct host *host, const char *key)
{
	if (strv_contains(host->stale, key))
		return 0;
	return strv_add(&host->stale, key);
}

/* Marks the PCI function that an interface ("…/0000:01:00.0/net/eth0") belongs to. */
static int host_events_mark_pci_ancestor(struct host *host, const char *syspath)
{
	_cleanup_strv_ char **parts = NULL;
	int r = strv_split(syspath, "/", &parts);

	if (r < 0)
		return r;
	for (size_t i = strv_length(parts); i-- > 0;) {
		struct pciaddr addr;

		if (pciaddr_parse(parts[i], &addr) >= 0)
			return host_events_mark_stale(host, parts[i]);
	}
	return 0;
}

int host_events_mark_physfn(struct host *host, const char *key)
{
	const struct device *device = inventory_find(host->inventory, key);

	if (!device || !device->physfn)
		return 0;
	return host_events_mark_stale(host, device->physfn);
}

/* Removes the device at once: the next event may concern another device at the same address. */
static int host_events_on_removed(struct host *host, const char *key)
{
	int r = host_events_mark_physfn(host, key);

	if (r < 0)
		return r;
	if (inventory_remove(host->inventory, key) && host->observer)
		host->observer->device_removed(key, host->userdata);
	return 0;
}

/* Marks the parent: a mediated device changes how many more the parent has room for. */
static int host_events_mark_mdev_parent(struct host *host, const struct uevent *event)
{
	_cleanup_free_ char *place = NULL, *key = NULL;
	const char *name;

	if (!str_eq(event->subsystem, device_bus_mdev.name))
		return 0;
	place = strdup(event->syspath);
	if (!place)
		return -ENOMEM;
	*strrchr(place, '/') = '\0';
	name = strrchr(place, '/');
	key = name ? probe_mdev_parent_key(name + 1) : NULL;
	if (!key)
		return -ENOMEM;
	return host_events_mark_stale(host, key);
}

static int host_events_on_device(struct host *host, const struct uevent *event)
{
	_cleanup_free_ char *key = device_bus_key_new(event->subsystem, event->sysname);
	int r;

	if (!key)
		return -ENOMEM;
	if (str_eq(event->action, "remove")) {
		r = host_events_on_removed(host, key);
		if (r < 0)
			return r;
	}
	r = host_events_mark_mdev_parent(host, event);
	if (r < 0)
		return r;
	return host_events_mark_stale(host, key);
}

/* Handles a group of the kernel module: its facts have changed, or it is gone. */
static int host_events_on_group(struct host *host, const struct uevent *event)
{
	uint64_t id;
	const struct iommu_group *group = NULL;
	int r = probe_kmod_version(&host->root, host->inventory);

	if (r < 0)
		return r;
	if (str_parse_u64(event->sysname, 10, INT_MAX, &id) >= 0)
		group = inventory_find_group(host->inventory, (int)id);
	if (!group)
		return 0;
	VEC_FOREACH(const struct device, device, &group->devices) {
		r = host_events_mark_stale(host, device->key);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Marks the devices that @module resets: its load changes what their VFIO driver needs. */
static int host_events_mark_module_devices(struct host *host, const char *module)
{
	VEC_FOREACH(const struct device, device, &host->inventory->devices) {
		int r;

		if (!str_eq(device_bus_find(device->bus)->reset_module, module))
			continue;
		r = host_events_mark_stale(host, device->key);
		if (r < 0)
			return r;
	}
	return 0;
}

static int host_events_on_module(struct host *host, const char *module)
{
	if (!str_eq(module, "devgroups"))
		return host_events_mark_module_devices(host, module);
	return probe_kmod_version(&host->root, host->inventory);
}

static int host_events_mark(struct host *host, const struct uevent *event)
{
	/*
	 * The end of the kernel module shows only here: the last event of its groups comes while
	 * the module is still loaded.
	 */
	if (str_eq(event->subsystem, "module"))
		return host_events_on_module(host, event->sysname);
	if (str_eq(event->subsystem, "net") || str_eq(event->subsystem, "nvme"))
		return host_events_mark_pci_ancestor(host, event->syspath);
	if (str_eq(event->subsystem, "devgroups"))
		return host_events_on_group(host, event);
	return host_events_on_device(host, event);
}

void host_events_on_uevent(const struct uevent *event, void *userdata)
{
	struct host *host = userdata;
	int r;

	log_debug("Event: %s %s %s", event->action, event->subsystem, event->sysname);
	if (str_eq(event->subsystem, "block")) {
		usage_watch_mark(host->usage_watch, USAGE_OF_BLOCK);
		return;
	}
	r = host_events_mark(host, event);
	if (event->error && str_eq(event->subsystem, "pci"))
		error_watch_event(host->errors, event->sysname,
				  error_state_event_from_string(event->error));
	if (r < 0)
		log_warning_errno(r, "The event of %s is lost", event->sysname);
}

/* Forgets the mdev types at once: the driver may be back when the device is read next. */
static void host_events_forget_mdev_types(struct host *host, const char *key)
{
	struct device *device = inventory_find(host->inventory, key);

	if (!device || device->mdev_types.n == 0)
		return;
	mdev_types_clear(&device->mdev_types);
	if (host->observer)
		host->observer->device_changed(device, host->userdata);
}

static int host_events_mark_mdev_types(struct host *host, const struct uevent *event)
{
	_cleanup_free_ char *key = probe_mdev_parent_key(event->sysname);

	if (!key)
		return -ENOMEM;
	if (str_eq(event->mdev_state, "unregistered"))
		host_events_forget_mdev_types(host, key);
	return host_events_mark_stale(host, key);
}

void host_events_on_mdev_parent(const struct uevent *event, void *userdata)
{
	int r;

	log_debug("Event: %s %s %s, %s", event->action, event->subsystem, event->sysname,
		  event->mdev_state);
	r = host_events_mark_mdev_types(userdata, event);
	if (r < 0)
		log_warning_errno(r, "The event of %s is lost", event->sysname);
}
