/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The host as it is now: an inventory that events of the kernel keep up to date. It also holds what
 * leases share: the event loop, the root of sysfs, the run directory.
 */

#include <systemd/sd-event.h>

#include "base/macro.h"
#include "model/inventory.h"
#include "sys/sysfs.h"

struct host;

struct host_observer {
	void (*device_added)(const struct device *device, void *userdata);
	void (*device_changed)(const struct device *device, void *userdata);
	/* Reports a new error state. device_changed() has been called. */
	void (*device_error)(const struct device *device, void *userdata);
	/* Called when the device is out of the inventory. */
	void (*device_removed)(const char *key, void *userdata);
	/* Called when all changes are read: derive everything from the inventory again. */
	void (*inventory_changed)(void *userdata);
	/*
	 * Appends the devices, not owned, that may be claimed. Their open files are polled. 0 or
	 * -ENOMEM.
	 */
	int (*list_claimable)(struct vec *devices, void *userdata);
	/* Appends the devices, claimed or not, whose errors are watched. 0 or -ENOMEM. */
	int (*list_error_watched)(struct vec *devices, void *userdata);
};

struct host_options {
	const char *root;    /* NULL: "/" */
	const char *run_dir; /* NULL: "/run/devgroups" below the root */
	uint64_t step_usec;  /* deadline of a step in microseconds; 0: the default */
};

/* Opens the host without reading it. 0 or negative errno. */
int host_new(sd_event *event, const struct host_options *options, struct host **ret) _must_check_;
struct host *host_free(struct host *host);
DEFINE_CLEANUP(struct host *, host_freep, host_free)

/*
 * Reads the host. Events queue before the first read, so none is missed. 0 or negative errno.
 * Failures are logged.
 */
int host_start(struct host *host) _must_check_;
void host_set_observer(struct host *host, const struct host_observer *observer, void *userdata);

const struct inventory *host_inventory(const struct host *host);
sd_event *host_event(const struct host *host);
const struct sysfs_root *host_root(const struct host *host);
int host_run_dir(const struct host *host);
uint64_t host_step_usec(const struct host *host);

/*
 * Reads the devices with these keys now and calls inventory_changed(). A write to driver_override
 * makes no event. Keys of devices that are gone are fine. 0 or negative errno.
 */
int host_refresh(struct host *host, char *const *keys) _must_check_;
/*
 * Tells whether the usage of all devices (model/usage.h) was read a moment ago. Another process
 * reads it, and takes as long as users want it to (usage-watch.h).
 */
bool host_usage_is_recent(const struct host *host);
/* Reads the usage soon, and calls inventory_changed() when that is done. */
void host_request_usage(struct host *host);
/*
 * Calls @fn when the usage was read by a reading that starts from now on. @r is 0 or negative
 * errno. *ret ends with that, or with host_forget_usage(). 0 or -ENOMEM.
 */
struct usage_demand;
int host_demand_usage(struct host *host, void (*fn)(int r, void *userdata), void *userdata,
		      struct usage_demand **ret) _must_check_;
/* @demand may be NULL. */
void host_forget_usage(struct host *host, struct usage_demand *demand);
/* Clears the error state of a device that was reset and answers. Calls inventory_changed(). */
void host_clear_errors(struct host *host, const char *key);
/*
 * Reads the usage again: one that is being read may hold results from before the end of a lease.
 */
void host_restart_usage(struct host *host);

/*
 * Stores one line of VFIO info (model/vfio-facts.h). @message is the number of an IOMMU group or
 * the key of a device, a blank, and the line. "source" and "refused" begin a new answer. An empty
 * line ends it.
 */
void host_vfio_info_add(struct host *host, const char *message);
