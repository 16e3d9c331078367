/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The kernel's device events. The only includer of <libudev.h>. It listens to the kernel, not to
 * udevd: what the inventory holds is read from sysfs, and nothing of it waits for rules to run.
 */

#include <stdbool.h>

#include "base/macro.h"

struct uevent_monitor;

struct uevent {
	const char *action;	/* "add", "remove", "bind", "unbind", "change", … */
	const char *mdev_state; /* of what mediated devices are made of: "registered",
				   "unregistered"; NULL */
	const char *subsystem;	/* "pci", "net", … */
	const char *sysname;
	const char *syspath; /* "/sys/devices/…" */
	const char *error; /* ERROR_EVENT: "BEGIN_RECOVERY", …; NULL: it is about something else */
};

typedef void (*uevent_fn)(const struct uevent *event, void *userdata);

enum uevent_set {
	UEVENT_OF_DEVICES, /* of the buses that IOMMU groups hold, and of the interfaces on them */
	/*
	 * Those with an mdev_state. What mediated devices are made of may be in any subsystem, so
	 * the kernel cannot sort them out for us: a queue of its own, so that the others are not
	 * lost in it.
	 */
	UEVENT_OF_MDEV_PARENTS,
};

/* Events queue from here on. 0 or negative errno. */
int uevent_monitor_new(enum uevent_set set, struct uevent_monitor **ret) _must_check_;
struct uevent_monitor *uevent_monitor_free(struct uevent_monitor *monitor);
DEFINE_CLEANUP(struct uevent_monitor *, uevent_monitor_freep, uevent_monitor_free)

/* Readable when there is something to dispatch. Owned by the monitor. */
int uevent_monitor_fd(const struct uevent_monitor *monitor);

/*
 * Calls @fn for each event that waits. True if the kernel had to drop some because nobody read in
 * time: then only a scan of the whole host tells how things are.
 */
bool uevent_monitor_dispatch(struct uevent_monitor *monitor, uevent_fn fn, void *userdata);
