/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * This host as it is now: the inventory, kept true by the kernel's events. Also what a
 * lease needs of its surroundings: event loop, sysfs, the directory of records.
 */

#include <systemd/sd-event.h>

#include "base/macro.h"
#include "model/inventory.h"
#include "sys/sysfs.h"

struct host;

struct host_observer {
	void (*device_added)(const struct device *device, void *userdata);
	void (*device_changed)(const struct device *device, void *userdata);
	/* The state of its errors is another; device_changed has been called. */
	void (*device_error)(const struct device *device, void *userdata);
	/* It is out of the inventory already. */
	void (*device_removed)(const char *key, void *userdata);
	/*
	 * All that was to be read has been: what was derived from the inventory is to be derived
	 * anew.
	 */
	void (*inventory_changed)(void *userdata);
	/*
	 * Appends the devices, not owned, that may be claimed: open files of others do not matter.
	 * 0 or -ENOMEM.
	 */
	int (*list_claimable)(struct vec *devices, void *userdata);
	/* The same for devices, claimed or not, whose errors are of interest. */
	int (*list_error_watched)(struct vec *devices, void *userdata);
};

struct host_options {
	const char *root;    /* NULL: "/" */
	const char *run_dir; /* NULL: "/run/devgroups" */
	uint64_t step_usec;  /* deadline of a step; 0: the default */
};

/* 0 or negative errno. */
int host_new(sd_event *event, const struct host_options *options, struct host **ret) _must_check_;
struct host *host_free(struct host *host);
DEFINE_CLEANUP(struct host *, host_freep, host_free)

/* Listens first and reads then, so that nothing falls between. 0 or negative errno. */
int host_start(struct host *host) _must_check_;
void host_set_observer(struct host *host, const struct host_observer *observer, void *userdata);

const struct inventory *host_inventory(const struct host *host);
sd_event *host_event(const struct host *host);
const struct sysfs_root *host_root(const struct host *host);
int host_run_dir(const struct host *host);
uint64_t host_step_usec(const struct host *host);

/*
 * Reads these devices anew now, without waiting for an event (writing driver_override makes none),
 * and settles. Keys of devices that are gone are fine. 0 or negative errno.
 */
int host_refresh(struct host *host, char *const *keys) _must_check_;
/*
 * Reads anew what the host does with its devices (use.h), and settles if that has changed. 0 or
 * negative errno.
 */
int host_refresh_usage(struct host *host) _must_check_;
/* It was reset and answers: the error that has cost it its state is over. Settles. */
void host_clear_errors(struct host *host, const char *key);
/* A lease has ended: what is just being found out about open files may be from before. */
void host_restart_usage_walk(struct host *host);

/*
 * Takes in one line of what VFIO said of an IOMMU group or a device (vfio-facts.h), with the
 * group's number or the device's key before it. "source" or "refused" begins anew, and with an
 * empty line that is all.
 */
void host_vfio_info_add(struct host *host, const char *message);
