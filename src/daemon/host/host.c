/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/host/error-file.h"
#include "daemon/host/host-private.h"
#include "daemon/host/watch-timer.h"
#include "sys/probe/probe-host.h"
#include "sys/probe/probe-vfio.h"
#include "sys/state/run-dir.h"
#include "sys/timed-read.h"
#include "sys/usage/usage-scan.h"

#define DEFAULT_RUN_DIR "/run/devgroups"
#define DEFAULT_STEP_USEC (20 * 1000000ULL)
#define HUNG_BIND_USEC 1000000

static int host_open_run_dir(const char *path)
{
	int fd = run_dir_open(path);

	if (fd == -EBUSY)
		return log_error_errno(fd, "Another devgroupd uses %s", path);
	if (fd < 0)
		return log_error_errno(fd, "Cannot use %s", path);
	return fd;
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
	host->step_usec = options->step_usec ? options->step_usec : DEFAULT_STEP_USEC;
	r = sysfs_root_open(options->root, &host->root);
	if (r < 0)
		return r;
	r = probe_new(&host->root, &host->probe);
	if (r < 0)
		return r;
	host->inventory = inventory_new();
	if (!host->inventory)
		return -ENOMEM;
	host->run_dir = host_open_run_dir(str_or(options->run_dir, DEFAULT_RUN_DIR));
	if (host->run_dir < 0)
		return host->run_dir;
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

static int host_update_key(struct host *host, const char *key)
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

/* Checks hanging binds again later: the end of a bind does not always make an event. */
static void host_watch_hung_binds(struct host *host)
{
	VEC_FOREACH(const struct device, device, &host->inventory->devices)
		if (device->bind_hangs) {
			watch_timer_start(host->hung_bind_source, HUNG_BIND_USEC);
			return;
		}
}

static void host_publish(struct host *host)
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

/* --- usage of devices --- */

static struct inventory *host_get_inventory(void *userdata)
{
	return ((struct host *)userdata)->inventory;
}

static int host_list_claimable(struct vec *devices, void *userdata)
{
	struct host *host = userdata;

	if (!host->observer)
		return 0;
	return host->observer->list_claimable(devices, host->userdata);
}

static void host_on_usage_changed(void *userdata)
{
	host_publish(userdata);
}

/* Polls what else changes without an event. */
static bool host_on_open_files_polled(const struct vec *devices, void *userdata)
{
	struct host *host = userdata;
	bool any = false;

	if (probe_host_poll(host->probe, host->inventory, &any) < 0)
		any = false;
	VEC_FOREACH(struct device, device, devices) {
		bool changed;

		if (probe_poll_device(host->probe, device, &changed) < 0 || !changed)
			continue;
		any = true;
		if (host->observer)
			host->observer->device_changed(device, host->userdata);
	}
	return any;
}

static const struct usage_watch_observer host_usage_observer = {
	.inventory = host_get_inventory,
	.list_claimable = host_list_claimable,
	.open_files_polled = host_on_open_files_polled,
	.changed = host_on_usage_changed,
};

/* --- errors of devices --- */

static int host_list_error_watched(struct vec *devices, void *userdata)
{
	struct host *host = userdata;

	if (!host->observer)
		return 0;
	return host->observer->list_error_watched(devices, host->userdata);
}

static void host_on_errors(const struct device *device, bool state_too, void *userdata)
{
	struct host *host = userdata;

	if (state_too)
		host_save_errors(host);
	if (!host->observer)
		return;
	host->observer->device_changed(device, host->userdata);
	if (state_too)
		host->observer->device_error(device, host->userdata);
}

static const struct error_watch_observer host_error_observer = {
	.inventory = host_get_inventory,
	.list_error_watched = host_list_error_watched,
	.changed = host_on_errors,
	.inventory_changed = host_on_usage_changed,
};

void host_clear_errors(struct host *host, const char *key)
{
	struct device *device = inventory_find(host->inventory, key);

	if (!device || !error_state_is_lost(device->errors.state) || device->errors.contained)
		return;
	device->errors.state = ERROR_OK;
	host_on_errors(device, true, host);
	host_publish(host);
}

int host_refresh_usage(struct host *host)
{
	return usage_watch_read(host->usage_watch);
}

void host_restart_usage_walk(struct host *host)
{
	usage_watch_restart(host->usage_watch);
}

/* --- events --- */

static int host_read_stale_key(struct host *host, const char *key)
{
	int r = host_update_key(host, key);

	if (r < 0)
		return r;
	return host_events_mark_physfn(host, key);
}

static void host_read_stale(struct host *host)
{
	/* A VF may mark its PF, which is then appended to the list. */
	for (size_t i = 0; i < strv_length(host->stale); i++) {
		int r = host_read_stale_key(host, host->stale[i]);

		if (r < 0)
			log_warning_errno(r, "Cannot read %s after its event", host->stale[i]);
	}
	host->stale = strv_free(host->stale);
}

static void host_carry_over_errors(const struct inventory *old, struct inventory *fresh)
{
	VEC_FOREACH(struct device, device, &fresh->devices) {
		const struct device *before = inventory_find(old, device->key);

		if (before)
			device->errors = before->errors;
	}
}

static int host_on_hung_bind_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct host *host = userdata;

	if (!timed_read_poll()) {
		host_watch_hung_binds(host);
		return 0;
	}
	VEC_FOREACH(const struct device, device, &host->inventory->devices)
		if (device->bind_hangs && host_events_mark_stale(host, device->key) < 0)
			log_warning("Out of memory: %s is not read again", device->key);
	host_read_stale(host);
	host_publish(host);
	return 0;
}

/* Announces the devices that only one of the two inventories has, and those that differ. */
static void host_announce_differences(const struct host *host, const struct inventory *old)
{
	VEC_FOREACH(const struct device, device, &old->devices)
		if (!inventory_find(host->inventory, device->key))
			host->observer->device_removed(device->key, host->userdata);
	VEC_FOREACH(const struct device, device, &host->inventory->devices) {
		const struct device *before = inventory_find(old, device->key);

		if (!before)
			host->observer->device_added(device, host->userdata);
		else if (!device_equal(before, device))
			host->observer->device_changed(device, host->userdata);
	}
}

static int host_rescan(struct host *host)
{
	_cleanup_inventory_ struct inventory *fresh = NULL, *old = NULL;
	int r = probe_host(host->probe, &fresh);

	if (r < 0)
		return r;
	r = usage_scan_refresh(&host->root, fresh, USAGE_OF_BLOCK | USAGE_OF_NET | USAGE_OF_CONSOLE,
			       NULL);
	if (r < 0)
		return r;
	old = host->inventory;
	host->inventory = TAKE_PTR(fresh);
	host_carry_over_errors(old, host->inventory);
	if (!host->observer)
		return 0;
	host_announce_differences(host, old);
	/* Observers still hold pointers into @old here, and drop them now. */
	host_publish(host);
	return 0;
}

static int host_on_mdev_parents(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct host *host = userdata;
	int r;

	if (uevent_monitor_dispatch(host->parents, host_events_on_mdev_parent, host)) {
		log_notice(
			"Events of parents of mediated devices were lost, reading the host again");
		r = host_rescan(host);
		if (r < 0)
			log_error_errno(r, "Cannot read the host");
	}
	if (!host->stale)
		return 0;
	host_read_stale(host);
	host_publish(host);
	return 0;
}

static int host_on_monitor(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct host *host = userdata;
	int r;

	if (!uevent_monitor_dispatch(host->monitor, host_events_on_uevent, host)) {
		host_read_stale(host);
		host_publish(host);
		return 0;
	}
	log_notice("Device events were lost, reading the whole host again");
	host->stale = strv_free(host->stale);
	r = host_rescan(host);
	if (r < 0)
		log_error_errno(r, "Cannot read the host");
	return 0;
}

static int host_start_monitors(struct host *host)
{
	int r = uevent_monitor_new(UEVENT_OF_DEVICES, &host->monitor);

	if (r < 0)
		return r;
	r = uevent_monitor_new(UEVENT_OF_MDEV_PARENTS, &host->parents);
	if (r < 0)
		return r;
	r = sd_event_add_io(host->event, &host->monitor_source, uevent_monitor_fd(host->monitor),
			    EPOLLIN, host_on_monitor, host);
	if (r < 0)
		return r;
	return sd_event_add_io(host->event, &host->parents_source, uevent_monitor_fd(host->parents),
			       EPOLLIN, host_on_mdev_parents, host);
}

static int host_start_watches(struct host *host)
{
	int r = usage_watch_new(host->event, &host->root, &host_usage_observer, host,
				&host->usage_watch);

	if (r < 0)
		return log_error_errno(r, "Cannot watch the usage of devices");
	r = watch_timer_new(host->event, host_on_hung_bind_timer, host, &host->hung_bind_source);
	if (r < 0)
		return log_error_errno(r, "Cannot watch binds that hang");
	r = error_watch_new(host->event, &host->root, &host_error_observer, host, &host->errors);
	if (r < 0)
		return log_error_errno(r, "Cannot watch errors of devices");
	return 0;
}

int host_start(struct host *host)
{
	int r = host_start_monitors(host);

	if (r < 0)
		return log_error_errno(r, "Cannot listen to device events");
	r = host_start_watches(host);
	if (r < 0)
		return r;
	r = host_rescan(host);
	if (r < 0)
		return log_error_errno(r, "Cannot read the host");
	host_watch_hung_binds(host);
	error_file_load(host->run_dir, host->inventory);
	host->errors_loaded = true;
	return 0;
}
