/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The host as a value: its inventory, the update of one device, and what leases share. It listens
 * to no event: host-start.c does.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/trust.h"
#include "daemon/host/error-file.h"
#include "daemon/host/host-private.h"
#include "daemon/host/watch-timer.h"
#include "sys/probe/probe-host.h"
#include "sys/probe/probe-vfio.h"
#include "sys/state/run-dir.h"

#define DEFAULT_RUN_DIR "/run/devgroups"
#define DEFAULT_STEP_USEC (20 * 1000000ULL)
#define HUNG_BIND_USEC 1000000

/* @path is used as it is; NULL: the default one below the root. */
static int host_open_run_dir(struct host *host, const char *path)
{
	_cleanup_free_ char *own = path ? NULL : sysfs_root_path(&host->root, DEFAULT_RUN_DIR);
	_cleanup_free_ char *why = NULL;
	int fd, r;

	path = str_or(path, own);
	if (!path)
		return -ENOMEM;
	r = trust_check(path, geteuid(), &why);
	if (r < 0)
		return r;
	if (why) {
		log_error("Cannot use %s: %s", path, why);
		return -EPERM;
	}
	fd = run_dir_open(path, &host->run_dir_lock);
	if (fd == -EBUSY)
		return log_error_errno(fd, "Another devgroupd uses %s", path);
	if (fd < 0)
		return log_error_errno(fd, "Cannot use %s", path);
	host->run_dir = fd;
	return 0;
}

int host_new(sd_event *event, const struct host_options *options, struct host **ret)
{
	_cleanup_(host_freep) struct host *host = calloc(1, sizeof(*host));
	int r;

	if (!host)
		return -ENOMEM;
	host->event = sd_event_ref(event);
	host->root.fd = -EBADF;
	host->run_dir = -EBADF;
	host->run_dir_lock = -EBADF;
	host->step_usec = options->step_usec ? options->step_usec : DEFAULT_STEP_USEC;
	r = sysfs_root_open(options->root, &host->root);
	if (r < 0)
		return log_error_errno(r, "Cannot open the root directory %s",
				       str_or(options->root, "/"));
	r = probe_new(&host->root, &host->probe);
	if (r < 0)
		return r;
	host->inventory = inventory_new();
	if (!host->inventory)
		return -ENOMEM;
	r = host_open_run_dir(host, options->run_dir);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(host);
	return 0;
}

struct host *host_free(struct host *host)
{
	if (!host)
		return NULL;
	sd_event_source_disable_unref(host->monitor_source);
	sd_event_source_disable_unref(host->parents_source);
	sd_event_source_disable_unref(host->hung_bind_source);
	uevent_monitor_free(host->monitor);
	uevent_monitor_free(host->parents);
	usage_watch_free(host->usage_watch);
	error_watch_free(host->errors);
	probe_free(host->probe);
	inventory_free(host->inventory);
	strv_free(host->stale);
	free(host->errors_saved);
	fd_close(host->run_dir_lock);
	fd_close(host->run_dir);
	sysfs_root_close(&host->root);
	sd_event_unref(host->event);
	free(host);
	return NULL;
}

void host_set_observer(struct host *host, const struct host_observer *observer, void *userdata)
{
	host->observer = observer;
	host->userdata = userdata;
}

const struct inventory *host_inventory(const struct host *host)
{
	return host->inventory;
}

sd_event *host_event(const struct host *host)
{
	return host->event;
}

const struct sysfs_root *host_root(const struct host *host)
{
	return &host->root;
}

int host_run_dir(const struct host *host)
{
	return host->run_dir;
}

uint64_t host_step_usec(const struct host *host)
{
	return host->step_usec;
}

/* --- one device --- */

static int host_update_device(struct host *host, const char *bus, const char *address)
{
	_cleanup_free_ char *key = device_bus_key_new(bus, address);
	const struct device *device;
	bool was_there, changed;
	int r;

	if (!key)
		return -ENOMEM;
	was_there = inventory_find(host->inventory, key) != NULL;
	r = probe_update(host->probe, host->inventory, bus, address, &changed);
	if (r < 0)
		return r;
	if (!changed || !host->observer)
		return 0;
	device = inventory_find(host->inventory, key);
	if (!device)
		host->observer->device_removed(key, host->userdata);
	else if (was_there)
		host->observer->device_changed(device, host->userdata);
	else
		host->observer->device_added(device, host->userdata);
	return 0;
}

int host_update_key(struct host *host, const char *key)
{
	const struct device_bus *row = device_bus_of_key(key);
	_cleanup_free_ char *bus = NULL;

	if (row->name)
		return host_update_device(host, row->name, device_bus_address_of_key(key));
	bus = strndup(key, strcspn(key, ":"));
	if (!bus)
		return -ENOMEM;
	return host_update_device(host, bus, device_bus_address_of_key(key));
}

/* Saves errors, once those of an earlier daemon are loaded: an earlier save would erase them. */
static void host_save_errors(struct host *host)
{
	if (host->errors_loaded)
		error_file_save(host->run_dir, host->inventory, &host->errors_saved);
}

void host_watch_hung_binds(struct host *host)
{
	VEC_FOREACH(const struct device, device, &host->inventory->devices)
		if (device->bind_hangs) {
			watch_timer_start(host->hung_bind_source, HUNG_BIND_USEC);
			return;
		}
}

void host_publish(struct host *host)
{
	host_watch_hung_binds(host);
	host_save_errors(host); /* a device with an error may be gone */
	if (host->observer)
		host->observer->inventory_changed(host->userdata);
}

static int host_update_keys(struct host *host, char *const *keys)
{
	int r = probe_vfio(&host->root, host->inventory);

	if (r < 0)
		return r;
	r = probe_host_poll(host->probe, host->inventory, NULL);
	if (r < 0)
		return r;
	STRV_FOREACH(key, keys) {
		r = host_update_key(host, *key);
		if (r < 0)
			return r;
	}
	return 0;
}

int host_refresh(struct host *host, char *const *keys)
{
	int r = host_update_keys(host, keys);

	/* Publish after a failure too: some devices were read before it. */
	host_publish(host);
	return r;
}

/* --- errors and usage --- */

void host_report_errors(struct host *host, const struct device *device, bool state_too)
{
	if (state_too)
		host_save_errors(host);
	if (!host->observer)
		return;
	host->observer->device_changed(device, host->userdata);
	if (state_too)
		host->observer->device_error(device, host->userdata);
}

void host_clear_errors(struct host *host, const char *key)
{
	struct device *device = inventory_find(host->inventory, key);

	if (!device || !error_state_is_lost(device->errors.state) || device->errors.contained)
		return;
	device->errors.state = ERROR_OK;
	host_report_errors(host, device, true);
	host_publish(host);
}

bool host_usage_is_recent(const struct host *host)
{
	return usage_watch_is_recent(host->usage_watch);
}

void host_request_usage(struct host *host)
{
	usage_watch_request(host->usage_watch);
}

int host_demand_usage(struct host *host, void (*fn)(int r, void *userdata), void *userdata,
		      struct usage_demand **ret)
{
	return usage_watch_demand(host->usage_watch, fn, userdata, ret);
}

void host_forget_usage(struct host *host, struct usage_demand *demand)
{
	usage_watch_forget(host->usage_watch, demand);
}

void host_restart_usage(struct host *host)
{
	usage_watch_restart(host->usage_watch);
}
