/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Devices: where they are, what they are, and how they come and go. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#define REMOVED ".kernel/removed"

bool kernel_device_at(const char *dir, struct kernel_device *ret)
{
	char subsystem[PATH_MAX];
	const char *slash = strrchr(dir, '/');

	snprintf(ret->dir, sizeof(ret->dir), "%s", dir);
	snprintf(ret->name, sizeof(ret->name), "%s", slash ? slash + 1 : dir);
	kernel_place(subsystem, "%s/subsystem", dir);
	return kernel_link_name(subsystem, ret->bus);
}

bool kernel_device_find(const char *bus, const char *name, struct kernel_device *ret)
{
	char *place = NULL;
	bool found;

	if (strchr(name, '/') || !name[0])
		return false;
	place = realpath(kernel_path("sys/bus/%s/devices/%s", bus, name), NULL);
	if (!place)
		return false;
	found = kernel_device_at(place + strlen(kernel_root) + 1, ret);
	free(place);
	return found;
}

int kernel_device_group(const struct kernel_device *device)
{
	char path[PATH_MAX], group[NAME_MAX + 1];

	kernel_place(path, "%s/iommu_group", device->dir);
	return kernel_link_name(path, group) ? atoi(group) : -1;
}

bool kernel_device_driver(const struct kernel_device *device, char ret[static NAME_MAX + 1])
{
	char path[PATH_MAX];

	kernel_place(path, "%s/driver", device->dir);
	return kernel_link_name(path, ret);
}

bool kernel_device_note(const struct kernel_device *device, const char *name,
			char ret[static KERNEL_TEXT])
{
	char path[PATH_MAX];

	kernel_place(path, ".kernel/devices/%s/%s", device->name, name);
	return kernel_read(path, ret);
}

void kernel_device_uevent(const struct kernel_device *device, const char *action, const char *extra)
{
	kernel_uevent(action, device->dir, device->bus, extra);
}

/* --- coming and going --- */

/* Removes the links to the device, and its IOMMU group if that is empty now. */
static void kernel_device_unlink(const struct kernel_device *device)
{
	int group = kernel_device_group(device);

	unlink(kernel_path("sys/bus/%s/devices/%s", device->bus, device->name));
	if (group < 0)
		return;
	unlink(kernel_path("sys/kernel/iommu_groups/%d/devices/%s", group, device->name));
	if (rmdir(kernel_path("sys/kernel/iommu_groups/%d/devices", group)) == 0) {
		char path[PATH_MAX];

		kernel_place(path, "sys/kernel/iommu_groups/%d", group);
		kernel_remove_tree(path);
	}
}

static void kernel_device_link_up(const struct kernel_device *device, int group)
{
	char path[PATH_MAX];

	kernel_place(path, "sys/bus/%s/devices/%s", device->bus, device->name);
	kernel_link(path, device->dir);
	if (group < 0)
		return;
	kernel_place(path, "sys/kernel/iommu_groups/%d/devices/%s", group, device->name);
	kernel_link(path, device->dir);
	kernel_place(path, "sys/kernel/iommu_groups/%d/type", group);
	if (!kernel_exists(path))
		kernel_write(path, "DMA\n");
	kernel_place(path, "sys/kernel/iommu_groups/%d/reserved_regions", group);
	if (!kernel_exists(path))
		kernel_write(path, "0x00000000fee00000 0x00000000feefffff msi\n");
}

static int kernel_device_remove_child(const char *dir, const char *name, void *userdata)
{
	struct kernel_device child;
	char path[PATH_MAX];
	struct stat st;

	kernel_place(path, "%s/%s", dir, name);
	if (lstat(kernel_path("%s", path), &st) == 0 && S_ISDIR(st.st_mode) &&
	    kernel_device_at(path, &child) && strcmp(child.bus, "pci") == 0)
		kernel_device_remove(&child);
	return 0;
}

/* Keeps the directory for a rescan. Only PCI can find a device again. */
static void kernel_device_take_dir(const struct kernel_device *device)
{
	int group = kernel_device_group(device);
	char path[PATH_MAX];

	if (strcmp(device->bus, "pci") != 0) {
		kernel_remove_tree(device->dir);
		return;
	}
	kernel_make_dirs(REMOVED);
	rename(kernel_path("%s", device->dir), kernel_path(REMOVED "/%s", device->name));
	kernel_place(path, REMOVED "/%s.place", device->name);
	kernel_write(path, "%s\n%d\n", device->dir, group);
}

void kernel_device_remove(const struct kernel_device *device)
{
	int lock = kernel_lock_device(device->name);

	kernel_log("remove %s", device->name);
	kernel_sriov_end(device);
	kernel_each(device->dir, kernel_device_remove_child, NULL);
	kernel_driver_release(device);
	kernel_device_unlink(device);
	kernel_device_take_dir(device);
	kernel_device_uevent(device, "remove", NULL);
	kernel_unlock_device(lock);
}

/* Loads the drivers that know a new device, as udev does on most hosts. */
static void kernel_device_load_drivers(const struct kernel_device *device)
{
	char drivers[KERNEL_TEXT], path[PATH_MAX], *rest = NULL;

	if (!kernel_device_note(device, "drivers", drivers))
		return;
	for (char *driver = strtok_r(drivers, "\n", &rest); driver;
	     driver = strtok_r(NULL, "\n", &rest)) {
		kernel_place(path, "sys/bus/%s/drivers/%s", device->bus, driver);
		if (!kernel_exists(path))
			(void)(kernel_driver_load(driver) < 0);
	}
}

void kernel_device_add(const struct kernel_device *device, int group, bool captured)
{
	char path[PATH_MAX], target[PATH_MAX];

	kernel_place(path, "%s/driver_override", device->dir);
	if (kernel_exists(path))
		kernel_write(path, captured ? "vfio-pci\n" : "(null)\n");
	if (group >= 0) {
		kernel_place(path, "%s/iommu_group", device->dir);
		kernel_place(target, "sys/kernel/iommu_groups/%d", group);
		kernel_link(path, target);
	}
	kernel_device_link_up(device, group);
	kernel_log("add %s", device->name);
	kernel_device_uevent(device, "add", NULL);
	kernel_driver_attach(device);
	kernel_device_load_drivers(device);
}

/* Brings a removed device back, if it was right below the directory @userdata. */
static int kernel_device_restore(const char *path, const char *name, void *userdata)
{
	char file[PATH_MAX], text[KERNEL_TEXT], place[PATH_MAX];
	const char *below = userdata, *slash, *dot = strstr(name, ".place");
	struct kernel_device device;
	int group = -1;

	if (!dot)
		return 0;
	kernel_place(file, "%s/%s", path, name);
	if (!kernel_read(file, text) || sscanf(text, "%4095s %d", place, &group) < 1)
		return 0;
	slash = strrchr(place, '/');
	if (below &&
	    ((size_t)(slash - place) != strlen(below) || strncmp(place, below, strlen(below)) != 0))
		return 0;
	unlink(kernel_path("%s", file));
	if (rename(kernel_path("%s/%.*s", path, (int)(dot - name), name),
		   kernel_path("%s", place)) < 0 ||
	    !kernel_device_at(place, &device))
		return 0;
	kernel_device_add(&device, group, false);
	return 0;
}

void kernel_device_rescan(const char *dir)
{
	kernel_each(REMOVED, kernel_device_restore, (void *)dir);
}
