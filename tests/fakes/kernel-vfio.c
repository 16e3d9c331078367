/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * VFIO: the nodes of groups, containers and devices. All state is in the open files, so that it
 * follows a descriptor to another process and ends with its last copy:
 *
 *	.kernel/open/N/group	what a process has open that has opened /dev/vfio/N
 *				byte 0 is locked by it, byte 1 too while it has a container
 *				its position is the number of that container
 *	.kernel/open/N/ADDRESS	what VFIO_GROUP_GET_DEVICE_FD opens; byte 0 is locked, shared
 *	/dev/vfio/vfio		the position is the number of the container
 *	/dev/vfio/devices/vfioN	byte 0 is locked, shared, by each open file; byte 1 is locked by
 *				the one that is bound to an iommufd
 *
 * A watch of inotify on /dev/vfio/N is one on .kernel/open/N: the descriptors of devices count too.
 * So a lock is looked up in /proc/locks: an open file of one's own would make an event.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "kernel.h"

#define MAJOR_GROUPS 511
#define MAJOR_DEVICES 510
#define WAIT_MS 2

/* --- places --- */

static bool kernel_vfio_supports(const char *feature)
{
	char text[KERNEL_TEXT];

	return kernel_read(".kernel/config", text) && kernel_has_word(text, feature);
}

static unsigned kernel_vfio_device_number(const struct kernel_device *device)
{
	char text[KERNEL_TEXT];

	return kernel_device_note(device, "index", text) ? (unsigned)atoi(text) : 0;
}

/* Names the file that stands for the open group, or, with @device, for an open device of it. */
void kernel_vfio_open_file(int group, const char *device, char ret[static PATH_MAX])
{
	snprintf(ret, PATH_MAX, ".kernel/open/%d/%s", group, device ? device : "group");
}

/* Makes a file that any user may open: the caller has checked the permission. */
static void kernel_vfio_make_open_file(const char *path)
{
	kernel_append(path, "");
	chmod(kernel_path("%s", path), 0666);
}

static int kernel_vfio_take_name(const char *path, const char *name, void *userdata)
{
	snprintf(userdata, NAME_MAX + 1, "%s", name);
	return 1;
}

/* Finds the node of the device itself: "dev/vfio/devices/vfio3". */
bool kernel_vfio_device_node(const struct kernel_device *device, char ret[static PATH_MAX])
{
	char dir[PATH_MAX], name[NAME_MAX + 1];

	kernel_place(dir, "%s/vfio-dev", device->dir);
	if (!kernel_each(dir, kernel_vfio_take_name, name))
		return false;
	snprintf(ret, PATH_MAX, "dev/vfio/devices/%s", name);
	return kernel_exists(ret);
}

static void kernel_vfio_make_node(const char *path, unsigned major_number, unsigned minor_number)
{
	const struct timespec times[2] = { { .tv_sec = major_number, .tv_nsec = minor_number },
					   { .tv_sec = major_number, .tv_nsec = minor_number } };

	kernel_write(path, "%s", "");
	chmod(kernel_path("%s", path), 0600);
	utimensat(AT_FDCWD, kernel_path("%s", path), times, 0);
}

/* --- bind and unbind --- */

int kernel_vfio_check(const struct kernel_device *device)
{
	char path[PATH_MAX], config[KERNEL_TEXT];

	if (kernel_device_group(device) < 0)
		return -EINVAL;
	memset(config, 0, sizeof(config));
	kernel_place(path, "%s/config", device->dir);
	if (!kernel_read(path, config))
		return 0;
	return config[0x0e] & 0x7f ? -EINVAL : 0; /* vfio_pci_core.c: no bridges */
}

static void kernel_vfio_add_group(int group)
{
	char node[PATH_MAX], dir[PATH_MAX], path[PATH_MAX];

	kernel_place(node, "dev/vfio/%d", group);
	if (kernel_exists(node))
		return;
	kernel_place(dir, "sys/devices/virtual/vfio/%d", group);
	kernel_make_dirs(dir);
	kernel_place(path, "%s/dev", dir);
	kernel_write(path, "%d:%d\n", MAJOR_GROUPS, group);
	kernel_place(path, "sys/class/vfio/%d", group);
	kernel_link(path, dir);
	kernel_place(path, "sys/dev/char/%d:%d", MAJOR_GROUPS, group);
	kernel_link(path, dir);
	kernel_place(path, ".kernel/open/%d", group);
	kernel_make_dirs(path);
	kernel_vfio_open_file(group, NULL, path);
	kernel_vfio_make_open_file(path);
	kernel_vfio_make_node(node, MAJOR_GROUPS, (unsigned)group);
	kernel_uevent("add", dir, "vfio", NULL);
}

static void kernel_vfio_add_device(const struct kernel_device *device)
{
	unsigned number = kernel_vfio_device_number(device);
	char dir[PATH_MAX], path[PATH_MAX];

	kernel_place(dir, "%s/vfio-dev/vfio%u", device->dir, number);
	kernel_make_dirs(dir);
	if (!kernel_vfio_supports("cdev"))
		return;
	kernel_place(path, "%s/dev", dir);
	kernel_write(path, "%d:%u\n", MAJOR_DEVICES, number);
	kernel_place(path, "sys/dev/char/%d:%u", MAJOR_DEVICES, number);
	kernel_link(path, dir);
	kernel_make_dirs("dev/vfio/devices");
	kernel_place(path, "dev/vfio/devices/vfio%u", number);
	kernel_vfio_make_node(path, MAJOR_DEVICES, number);
}

void kernel_vfio_add(const struct kernel_device *device)
{
	char path[PATH_MAX];

	if (kernel_vfio_supports("group")) {
		kernel_vfio_add_group(kernel_device_group(device));
		kernel_vfio_open_file(kernel_device_group(device), device->name, path);
		kernel_vfio_make_open_file(path);
	}
	kernel_vfio_add_device(device);
}

bool kernel_vfio_is_open(const struct kernel_device *device)
{
	char path[PATH_MAX];

	kernel_vfio_open_file(kernel_device_group(device), device->name, path);
	if (kernel_lock_is_held(path, KERNEL_AT_OPEN, KERNEL_AT_OPEN))
		return true;
	return kernel_vfio_device_node(device, path) &&
	       kernel_lock_is_held(path, KERNEL_AT_OPEN, KERNEL_AT_BOUND);
}

void kernel_vfio_wait(const struct kernel_device *device)
{
	if (kernel_vfio_is_open(device))
		kernel_log("unbind of %s waits", device->name);
	while (kernel_vfio_is_open(device))
		kernel_sleep_ms(WAIT_MS);
}

static int kernel_vfio_count_member(const char *path, const char *name, void *userdata)
{
	char link[PATH_MAX], driver[NAME_MAX + 1];

	kernel_place(link, "%s/%s/driver", path, name);
	return kernel_link_name(link, driver) && kernel_driver_is_vfio(driver);
}

/* Tells whether a member of the group is on a VFIO driver. */
static bool kernel_vfio_is_used(int group)
{
	char path[PATH_MAX];

	kernel_place(path, "sys/kernel/iommu_groups/%d/devices", group);
	return kernel_each(path, kernel_vfio_count_member, NULL);
}

void kernel_vfio_delete(const struct kernel_device *device)
{
	int group = kernel_device_group(device);
	char path[PATH_MAX];

	if (kernel_vfio_device_node(device, path)) {
		unlink(kernel_path("%s", path));
		rmdir(kernel_path("dev/vfio/devices")); /* devtmpfs removes an empty directory */
	}
	kernel_place(path, "%s/vfio-dev", device->dir);
	kernel_remove_tree(path);
	kernel_vfio_open_file(group, device->name, path);
	unlink(kernel_path("%s", path));
	if (kernel_vfio_is_used(group))
		return;
	kernel_place(path, "sys/devices/virtual/vfio/%d", group);
	kernel_uevent("remove", path, "vfio", NULL);
	unlink(kernel_path("dev/vfio/%d", group));
	unlink(kernel_path("sys/class/vfio/%d", group));
	kernel_remove_tree(path);
	kernel_place(path, ".kernel/open/%d", group);
	kernel_remove_tree(path);
}

/* --- groups --- */

bool kernel_vfio_find_member(const char *path, const char *name, struct kernel_device *ret)
{
	char bus[NAME_MAX + 1], link[PATH_MAX];

	kernel_place(link, "%s/%s/subsystem", path, name);
	return kernel_link_name(link, bus) && kernel_device_find(bus, name, ret);
}

static int kernel_vfio_is_open_file(const char *path, const char *name, void *userdata)
{
	const bool *devices_only = userdata;
	char file[PATH_MAX];

	if (*devices_only && strcmp(name, "group") == 0)
		return 0;
	kernel_place(file, "%s/%s", path, name);
	return kernel_lock_is_held(file, KERNEL_AT_OPEN, KERNEL_AT_OPEN);
}

bool kernel_vfio_has_open_file(int group, bool devices_only)
{
	char path[PATH_MAX];

	kernel_place(path, ".kernel/open/%d", group);
	return kernel_each(path, kernel_vfio_is_open_file, &devices_only);
}

static int kernel_vfio_is_bound_member(const char *path, const char *name, void *userdata)
{
	struct kernel_device device;
	char node[PATH_MAX];

	if (!kernel_vfio_find_member(path, name, &device))
		return 0;
	return kernel_vfio_device_node(&device, node) &&
	       kernel_lock_is_held(node, KERNEL_AT_BOUND, KERNEL_AT_BOUND);
}

/* Tells whether a member is bound to an iommufd. */
bool kernel_vfio_has_bound(int group)
{
	char path[PATH_MAX];

	kernel_place(path, "sys/kernel/iommu_groups/%d/devices", group);
	return kernel_each(path, kernel_vfio_is_bound_member, NULL);
}

bool kernel_vfio_owns(int group)
{
	char path[PATH_MAX];

	if (group < 0)
		return false;
	kernel_vfio_open_file(group, NULL, path);
	return kernel_lock_is_held(path, KERNEL_AT_CONTAINER, KERNEL_AT_CONTAINER) ||
	       kernel_vfio_has_bound(group);
}

bool kernel_vfio_may_bind(int group)
{
	char path[PATH_MAX];

	kernel_vfio_open_file(group, NULL, path);
	return !kernel_lock_is_held(path, KERNEL_AT_OPEN, KERNEL_AT_OPEN);
}

static int kernel_vfio_is_foreign(const char *path, const char *name, void *userdata)
{
	char link[PATH_MAX], driver[NAME_MAX + 1];

	kernel_place(link, "%s/%s/driver", path, name);
	return kernel_link_name(link, driver) && !kernel_driver_is_vfio(driver) &&
	       strcmp(driver, "pcieport") != 0 && strcmp(driver, "pci-stub") != 0;
}

bool kernel_vfio_is_viable(int group)
{
	char path[PATH_MAX];

	kernel_place(path, "sys/kernel/iommu_groups/%d/devices", group);
	return !kernel_each(path, kernel_vfio_is_foreign, NULL);
}
