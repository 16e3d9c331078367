/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Keeps the inventory of the host current: its first scan, the events of the kernel, and polls. */

#include <errno.h>

#include "base/log.h"
#include "base/strv.h"
#include "daemon/host/error-file.h"
#include "daemon/host/host-private.h"
#include "daemon/host/watch-timer.h"
#include "model/usage.h"
#include "sys/probe/probe-host.h"
#include "sys/timed-read.h"

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
	host_report_errors(userdata, device, state_too);
}

static const struct error_watch_observer host_error_observer = {
	.inventory = host_get_inventory,
	.list_error_watched = host_list_error_watched,
	.changed = host_on_errors,
	.inventory_changed = host_on_usage_changed,
};

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

/* Keeps what is known of a device and is not read with it. Its usage is read again soon. */
static int host_carry_over_device(const struct device *before, struct device *device)
{
	device->errors = before->errors;
	VEC_FOREACH(const struct usage, usage, &before->usages) {
		int r = usage_list_add(&device->usages, usage);

		if (r < 0)
			return r;
	}
	return 0;
}

static int host_carry_over(const struct inventory *old, struct inventory *fresh)
{
	VEC_FOREACH(struct device, device, &fresh->devices) {
		const struct device *before = inventory_find(old, device->key);
		int r = before ? host_carry_over_device(before, device) : 0;

		if (r < 0)
			return r;
	}
	return 0;
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
	r = host_carry_over(host->inventory, fresh);
	if (r < 0)
		return r;
	old = host->inventory;
	host->inventory = TAKE_PTR(fresh);
	if (!host->observer)
		return 0;
	host_announce_differences(host, old);
	/* Observers drop their pointers into @old in this call. It is freed afterwards. */
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
		host_request_usage(host);
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
	host_request_usage(host);
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
	/* Without it a claim waits until the usage is read: users must not keep the daemon down. */
	r = usage_watch_read(host->usage_watch);
	if (r < 0) {
		log_error_errno(r, "Cannot read the usage of devices");
		host_request_usage(host);
	}
	host_watch_hung_binds(host);
	error_file_load(host->run_dir, host->inventory);
	host->errors_loaded = true;
	return 0;
}
