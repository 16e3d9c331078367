/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Checks the errors of devices, at events and each second. It reads counters, and decides nothing
 * but the error state.
 */

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/host/error-watch.h"
#include "daemon/host/watch-timer.h"
#include "policy/plan/vfio-choice.h"
#include "sys/probe/probe-errors.h"

#define CHECK_USEC 1000000 /* at least between two checks */

struct error_watch {
	const struct sysfs_root *root;
	const struct error_watch_observer *observer;
	void *userdata;
	sd_event_source *timer;
};

/* --- one device --- */

static bool device_errors_differ(const struct device_errors *errors,
				 const struct device_errors *before)
{
	return errors->state != before->state || errors->correctable != before->correctable ||
	       errors->nonfatal != before->nonfatal || errors->fatal != before->fatal;
}

/* Reads the errors of @device. Returns true if something that users see has changed. */
static bool error_watch_check_device(struct error_watch *watch, struct device *device,
				     enum error_event event)
{
	const struct inventory *inv = watch->observer->inventory(watch->userdata);
	struct device_errors before = device->errors;
	bool driven = device->driver && !vfio_choice_is_vfio(device->driver);

	if (probe_errors(watch->root, inv, device, &device->errors) < 0) {
		log_error("Out of memory: the error state of %s is out of date", device->key);
		return false;
	}
	error_state_mark_known(&before, &device->errors, event);
	device->errors.state = error_state_next(&before, &device->errors, event, driven);
	if (device->errors.state != before.state)
		log_notice("Errors of %s: %s, was %s", device->key,
			   error_state_to_string(device->errors.state),
			   error_state_to_string(before.state));
	if (!device_errors_differ(&device->errors, &before))
		return false;
	watch->observer->changed(device, device->errors.state != before.state, watch->userdata);
	return true;
}

static bool error_watch_is_below(const struct inventory *inv, const struct device *device,
				 const struct device *port)
{
	while (device && device->parent) {
		device = inventory_find(inv, device->parent);
		if (device == port)
			return true;
	}
	return false;
}

void error_watch_event(struct error_watch *watch, const char *key, enum error_event event)
{
	const struct inventory *inv = watch->observer->inventory(watch->userdata);
	struct device *device = inventory_find(inv, key);

	if (!device || event == ERROR_EVENT_NONE)
		return;
	error_watch_check_device(watch, device, event);
	/* AER before Linux 6.16 may report a failed recovery for the port alone. */
	if (!device_is_bridge(device) || event != ERROR_EVENT_FAILED)
		return;
	VEC_FOREACH(struct device, below, &inv->devices)
		if (error_watch_is_below(inv, below, device))
			error_watch_check_device(watch, below, event);
}

/* --- changes without an event --- */

static int error_watch_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct error_watch *watch = userdata;
	_cleanup_vec_ struct vec devices = { 0 };
	uint64_t start = clock_usec(CLOCK_MONOTONIC);
	bool any = false;

	if (watch->observer->list_error_watched(&devices, watch->userdata) < 0)
		log_error("Out of memory: error states are out of date");
	VEC_FOREACH(struct device, device, &devices)
		any |= error_watch_check_device(watch, device, ERROR_EVENT_NONE);
	if (any)
		watch->observer->inventory_changed(watch->userdata);
	watch_timer_start(source,
			  watch_timer_rest(clock_usec(CLOCK_MONOTONIC) - start, CHECK_USEC));
	return 0;
}

/* --- life --- */

int error_watch_new(sd_event *event, const struct sysfs_root *root,
		    const struct error_watch_observer *observer, void *userdata,
		    struct error_watch **ret)
{
	_cleanup_(error_watch_freep) struct error_watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	*watch = (struct error_watch){
		.root = root,
		.observer = observer,
		.userdata = userdata,
	};
	r = watch_timer_new(event, error_watch_on_timer, watch, &watch->timer);
	if (r < 0)
		return r;
	watch_timer_start(watch->timer, 0);
	*ret = TAKE_PTR(watch);
	return 0;
}

struct error_watch *error_watch_free(struct error_watch *watch)
{
	if (!watch)
		return NULL;
	sd_event_source_disable_unref(watch->timer);
	free(watch);
	return NULL;
}
