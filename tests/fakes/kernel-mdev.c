/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Mediated devices: a parent's type makes them, each in an IOMMU group of its own. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "kernel.h"

#define FIRST_GROUP 1000

/* Locks the file for the change: workers of several groups make devices at once. */
static int kernel_mdev_change_available(const char *type_dir, int by)
{
	char path[PATH_MAX], text[KERNEL_TEXT];
	int available, lock;

	kernel_place(path, "%s/available_instances", type_dir);
	lock = (int)syscall(SYS_openat, AT_FDCWD, kernel_path("%s", path), O_RDONLY | O_CLOEXEC);
	if (lock < 0 || syscall(SYS_flock, lock, LOCK_EX) < 0)
		return -ENODEV;
	available = kernel_read(path, text) ? atoi(text) : 0;
	if (available + by >= 0)
		kernel_write(path, "%d\n", available + by);
	syscall(SYS_close, lock);
	return available + by >= 0 ? 0 : -ENOSPC;
}

/* Makes the directory of the first free group, so that no other process takes its number. */
static int kernel_mdev_free_group(void)
{
	int group = FIRST_GROUP;

	kernel_make_dirs("sys/kernel/iommu_groups");
	while (mkdir(kernel_path("sys/kernel/iommu_groups/%d", group), 0755) < 0 && errno == EEXIST)
		group++;
	return group;
}

static void kernel_mdev_fill(const char *type_dir, const char *dir, const char *uuid)
{
	const char *const links[][2] = { { "subsystem", "sys/bus/mdev" },
					 { "mdev_type", type_dir } };
	const char *const files[] = { "remove", "uevent" };
	char path[PATH_MAX];

	kernel_make_dirs(dir);
	for (size_t i = 0; i < 2; i++) {
		kernel_place(path, "%s/%s", dir, links[i][0]);
		kernel_link(path, links[i][1]);
		kernel_place(path, "%s/%s", dir, files[i]);
		kernel_write(path, "%s", "");
	}
	kernel_place(path, ".kernel/devices/%s", uuid);
	kernel_make_dirs(path);
	strcat(path, "/drivers");
	kernel_write(path, "vfio_mdev\n");
	kernel_place(path, ".kernel/devices/%s/index", uuid);
	kernel_write(path, "%ld\n", 1000 + strtol(uuid, NULL, 16) % 100000);
}

int kernel_mdev_create(const char *type_dir, const char *uuid)
{
	char parent[PATH_MAX], dir[PATH_MAX], path[PATH_MAX];
	struct kernel_device mdev;
	int r = kernel_fault("create", uuid);

	if (r < 0)
		return r;
	if (kernel_device_find("mdev", uuid, &mdev))
		return -EEXIST;
	r = kernel_mdev_change_available(type_dir, -1);
	if (r < 0)
		return r;
	kernel_place(parent, "%.*s", (int)(strstr(type_dir, "/mdev_supported_types") - type_dir),
		     type_dir);
	kernel_place(dir, "%s/%s", parent, uuid);
	kernel_mdev_fill(type_dir, dir, uuid);
	kernel_place(path, "%s/devices/%s", type_dir, uuid);
	kernel_link(path, dir);
	kernel_log("create %s", uuid);
	if (kernel_device_at(dir, &mdev))
		kernel_device_add(&mdev, kernel_mdev_free_group(), false);
	return 0;
}

int kernel_mdev_remove(const struct kernel_device *mdev)
{
	char type[PATH_MAX], name[NAME_MAX + 1], parent[PATH_MAX];

	kernel_place(type, "%s/mdev_type", mdev->dir);
	kernel_place(parent, "%.*s", (int)(strrchr(mdev->dir, '/') - mdev->dir), mdev->dir);
	if (!kernel_link_name(type, name))
		return -ENODEV;
	kernel_place(type, "%s/mdev_supported_types/%s", parent, name);
	kernel_device_remove(mdev);
	kernel_mdev_change_available(type, 1);
	unlink(kernel_path("%s/devices/%s", type, mdev->name));
	return 0;
}
