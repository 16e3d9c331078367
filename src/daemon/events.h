/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The events that the daemon layer reports upwards, to the bus. An event carries no decision: the
 * receiver reads the object that it names.
 */

#include "model/device.h"
#include "model/step.h"

struct devgroup;

/* The receiver sets all of these. */
struct events_observer {
	void (*group_added)(struct devgroup *group, void *userdata);
	void (*group_changed)(struct devgroup *group, void *userdata);
	void (*group_removed)(const char *name, void *userdata);
	void (*device_added)(const struct device *device, void *userdata);
	void (*device_changed)(const struct device *device, void *userdata);
	void (*device_removed)(const char *key, void *userdata);
	/* Only the causes that tie the device to its IOMMU group have changed. */
	void (*isolation_changed)(const struct device *device, void *userdata);
	void (*lease_added)(struct devgroup *group, void *userdata);
	void (*lease_changed)(struct devgroup *group, void *userdata);
	void (*lease_removed)(const char *lease, void *userdata);
	/* The error state of a device of the lease has changed. */
	void (*lease_error)(struct devgroup *group, const struct device *device, void *userdata);
	/* @state: "running", "done", "skipped" or "failed: TEXT". */
	void (*lease_step)(struct devgroup *group, unsigned index, unsigned count,
			   const struct step *step, const char *state, void *userdata);
	void (*problems_changed)(void *userdata);
	/* Facts about the host as a whole may have changed. */
	void (*host_changed)(void *userdata);
};

/* The receiver. @observer is NULL while the daemon has no bus connection. */
struct events {
	const struct events_observer *observer;
	void *userdata;
};
