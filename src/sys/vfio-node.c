/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/device-bus.h"
#include "sys/vfio-node.h"

int vfio_node_of_device(const struct sysfs_root *root, const char *bus, const char *address,
			char **ret)
{
	_cleanup_free_ char *place = device_bus_sysfs_path(bus, address);
	_cleanup_free_ char *path = place ? str_printf("%s/vfio-dev", place) : NULL;
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	int fd;

	if (!path)
		return -ENOMEM;
	*ret = NULL;
	fd = sysfs_root_open_dir(root, path);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	dir = fdopendir(fd);
	if (!dir) {
		fd_close(fd);
		return -errno;
	}
	while ((entry = readdir(dir))) {
		_cleanup_free_ char *number = str_printf("%s/dev", entry->d_name);

		if (!number)
			return -ENOMEM;
		/* without CONFIG_VFIO_DEVICE_CDEV the directory is there and has no number */
		if (entry->d_name[0] == '.' || faccessat(dirfd(dir), number, F_OK, 0) < 0)
			continue;
		*ret = str_printf(VFIO_NODE_DEVICES_DIR "/%s", entry->d_name);
		return *ret ? 0 : -ENOMEM;
	}
	return 0;
}

int vfio_node_of_members(const struct sysfs_root *root, int iommu_group, char ***ret)
{
	_cleanup_free_ char *path = str_printf("sys/kernel/iommu_groups/%d/devices", iommu_group);
	_cleanup_closedir_ DIR *dir = NULL;
	_cleanup_strv_ char **nodes = NULL;
	struct dirent *entry;
	int r, fd = path ? sysfs_root_open_dir(root, path) : -ENOMEM;

	if (fd < 0 && fd != -ENOENT)
		return fd;
	dir = fd < 0 ? NULL : fdopendir(fd);
	while (dir && (entry = readdir(dir))) {
		_cleanup_free_ char *node = NULL, *subsystem = NULL, *bus = NULL;

		if (entry->d_name[0] == '.')
			continue;
		subsystem = str_printf("%s/subsystem", entry->d_name);
		r = subsystem ? sysfs_read_link(dirfd(dir), subsystem, &bus) : -ENOMEM;
		if (r == -ENOENT)
			continue;
		if (r >= 0)
			r = vfio_node_of_device(root, bus, entry->d_name, &node);
		if (r >= 0 && node)
			r = strv_add(&nodes, node);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(nodes);
	return 0;
}
