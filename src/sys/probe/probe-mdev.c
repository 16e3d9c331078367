/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/dir.h"
#include "base/str.h"
#include "model/mdev-def.h"
#include "sys/probe/probe-mdev.h"
#include "sys/sysfs.h"

char *probe_mdev_parent_key(const char *name)
{
	char *key;

	return mdev_def_normalize_parent(name, &key) < 0 ? NULL : key;
}

static int probe_mdev_fill_type(int fd, struct mdev_type *type)
{
	unsigned long long available;
	int r;

	r = sysfs_read_optional(fd, "name", &type->name);
	if (r < 0)
		return r;
	r = sysfs_read_optional(fd, "description", &type->description);
	if (r < 0)
		return r;
	r = sysfs_read_optional(fd, "device_api", &type->api);
	if (r < 0)
		return r;
	if (sysfs_read_number(fd, "available_instances", 10, &available) >= 0)
		type->available = (unsigned)available;
	return 0;
}

static int probe_mdev_read_type(int dir_fd, const char *id, struct vec *types)
{
	_cleanup_close_ int fd = openat(dir_fd, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_mdev_type_ struct mdev_type *type = mdev_type_new(id);
	int r;

	if (!type)
		return -ENOMEM;
	if (fd < 0)
		return 0; /* The type is gone, as its driver is. */
	r = probe_mdev_fill_type(fd, type);
	if (r < 0)
		return r;
	r = mdev_types_put(types, type);
	if (r < 0)
		return r;
	TAKE_PTR(type);
	return 0;
}

int probe_mdev_types(int dir_fd, struct device *device)
{
	_cleanup_closedir_ DIR *dir = NULL;

	if (dir_open_at(dir_fd, "mdev_supported_types", &dir) < 0)
		return 0;
	DIR_FOREACH(id, dir) {
		int r = probe_mdev_read_type(dirfd(dir), id, &device->mdev_types);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Finds the parent by its directory, in which that of the device is. */
static int probe_mdev_read_parent(struct device *device)
{
	_cleanup_free_ char *path = strdup(str_or(device->sysfs, ""));
	char *slash;

	if (!path)
		return -ENOMEM;
	slash = strrchr(path, '/');
	if (!slash)
		return 0;
	*slash = '\0';
	slash = strrchr(path, '/');
	device->mdev_parent = probe_mdev_parent_key(slash ? slash + 1 : path);
	return device->mdev_parent ? 0 : -ENOMEM;
}

int probe_mdev(int dir_fd, struct device *device)
{
	int r = sysfs_read_link(dir_fd, "mdev_type", &device->mdev_type);

	if (r < 0)
		return r == -ENOMEM ? r : 0; /* no mediated device, or one that is being removed */
	return probe_mdev_read_parent(device);
}
