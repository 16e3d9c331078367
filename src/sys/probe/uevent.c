/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <libudev.h>
#include <stdlib.h>

#include "model/device-bus.h"
#include "sys/probe/uevent.h"

/* Has room for some thousand events: more than 256 virtual functions make at once. */
#define RECEIVE_BUFFER (4 << 20)

struct uevent_monitor {
	struct udev *udev;
	struct udev_monitor *monitor;
	enum uevent_set set;
};

/* Subsystems beside the buses that change an inventory: interfaces, and the kernel module. */
static const char *const subsystems[] = { "net", "nvme", "block", "devgroups", "module" };

static int uevent_filter_devices(struct udev_monitor *monitor)
{
	int r;

	DEVICE_BUS_FOREACH(bus) {
		r = udev_monitor_filter_add_match_subsystem_devtype(monitor, bus->name, NULL);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(subsystems); i++) {
		r = udev_monitor_filter_add_match_subsystem_devtype(monitor, subsystems[i], NULL);
		if (r < 0)
			return r;
	}
	return 0;
}

int uevent_monitor_new(enum uevent_set set, struct uevent_monitor **ret)
{
	_cleanup_(uevent_monitor_freep) struct uevent_monitor *monitor =
		calloc(1, sizeof(*monitor));
	int r;

	if (!monitor)
		return -ENOMEM;
	monitor->set = set;
	monitor->udev = udev_new();
	if (!monitor->udev)
		return -ENOMEM;
	monitor->monitor = udev_monitor_new_from_netlink(monitor->udev, "kernel");
	if (!monitor->monitor)
		return -ENOMEM;
	r = set == UEVENT_OF_DEVICES ? uevent_filter_devices(monitor->monitor) : 0;
	if (r < 0)
		return r;
	/* This takes CAP_NET_ADMIN. With the default size an overrun is only more likely. */
	(void)udev_monitor_set_receive_buffer_size(monitor->monitor, RECEIVE_BUFFER);
	r = udev_monitor_enable_receiving(monitor->monitor);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(monitor);
	return 0;
}

struct uevent_monitor *uevent_monitor_free(struct uevent_monitor *monitor)
{
	if (!monitor)
		return NULL;
	udev_monitor_unref(monitor->monitor);
	udev_unref(monitor->udev);
	free(monitor);
	return NULL;
}

int uevent_monitor_fd(const struct uevent_monitor *monitor)
{
	return udev_monitor_get_fd(monitor->monitor);
}

static void uevent_monitor_report(const struct uevent_monitor *monitor, struct udev_device *device,
				  uevent_fn fn, void *userdata)
{
	const struct uevent event = {
		.action = udev_device_get_action(device),
		.subsystem = udev_device_get_subsystem(device),
		.sysname = udev_device_get_sysname(device),
		.syspath = udev_device_get_syspath(device),
		.mdev_state = udev_device_get_property_value(device, "MDEV_STATE"),
		.error = udev_device_get_property_value(device, "ERROR_EVENT"),
	};

	if (!event.action || !event.subsystem || !event.sysname || !event.syspath)
		return;
	if (monitor->set == UEVENT_OF_DEVICES || event.mdev_state)
		fn(&event, userdata);
}

bool uevent_monitor_dispatch(struct uevent_monitor *monitor, uevent_fn fn, void *userdata)
{
	bool overrun = false;

	for (;;) {
		struct udev_device *device;

		errno = 0;
		device = udev_monitor_receive_device(monitor->monitor);
		if (device) {
			uevent_monitor_report(monitor, device, fn, userdata);
			udev_device_unref(device);
			continue;
		}
		if (errno != ENOBUFS)
			return overrun;
		overrun = true;
	}
}
