/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Receives the device events of the kernel. No other file includes <libudev.h>. The events come
 * from the kernel and not from udevd, because the inventory is read from sysfs and waits for no
 * rules.
 */

#include <stdbool.h>

#include "base/macro.h"

struct uevent_monitor;

struct uevent {
	const char *action;	/* "add", "remove", "bind", "unbind", "change", … */
	const char *mdev_state; /* "registered", "unregistered": parents of mdevs */
	const char *subsystem;	/* "pci", "net", … */
	const char *sysname;
	const char *syspath; /* "/sys/devices/…" */
	const char *error;   /* ERROR_EVENT: "BEGIN_RECOVERY", …; NULL for all other events */
};

typedef void (*uevent_fn)(const struct uevent *event, void *userdata);

enum uevent_set {
	UEVENT_OF_DEVICES, /* events of the buses that IOMMU groups hold, and of interfaces */
	/*
	 * Events with an mdev_state. The kernel cannot filter them, because a parent may be in any
	 * subsystem. They have a queue of their own, so that a flood of others loses none.
	 */
	UEVENT_OF_MDEV_PARENTS,
};

/* Starts to queue events. 0 or negative errno. */
int uevent_monitor_new(enum uevent_set set, struct uevent_monitor **ret) _must_check_;
struct uevent_monitor *uevent_monitor_free(struct uevent_monitor *monitor);
DEFINE_CLEANUP(struct uevent_monitor *, uevent_monitor_freep, uevent_monitor_free)

/* Returns a descriptor that is readable while events wait. The monitor owns it. */
int uevent_monitor_fd(const struct uevent_monitor *monitor);

/*
 * Calls @fn for each event that waits. Returns true if the kernel dropped events because the queue
 * was full: only a scan of the whole host then shows the current state.
 */
bool uevent_monitor_dispatch(struct uevent_monitor *monitor, uevent_fn fn, void *userdata);
