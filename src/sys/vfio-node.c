/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/dir.h"
#include "base/str.h"
#include "base/strv.h"
#include "model/device-bus.h"
#include "sys/vfio-node.h"

int vfio_node_of_device(const struct sysfs_root *root, const char *bus, const char *address,
			char **ret)
{
	_cleanup_free_ char *place = device_bus_sysfs_path(bus, address), *path = NULL;
	_cleanup_closedir_ DIR *dir = NULL;
	int r;

	*ret = NULL;
	if (!place)
		return -ENOMEM;
	path = str_printf("%s/vfio-dev", place);
	if (!path)
		return -ENOMEM;
	r = sysfs_root_list(root, path, &dir);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	DIR_FOREACH(name, dir) {
		_cleanup_free_ char *number = str_printf("%s/dev", name);

		if (!number)
			return -ENOMEM;
		/* Without CONFIG_VFIO_DEVICE_CDEV the directory exists, and has no number. */
		if (faccessat(dirfd(dir), number, F_OK, 0) < 0)
			continue;
		*ret = str_printf(VFIO_NODE_DEVICES_DIR "/%s", name);
		return *ret ? 0 : -ENOMEM;
	}
	return 0;
}

static int vfio_node_add_member(const struct sysfs_root *root, int dir_fd, const char *address,
				char ***nodes)
{
	_cleanup_free_ char *subsystem = str_printf("%s/subsystem", address);
	_cleanup_free_ char *node = NULL, *bus = NULL;
	int r;

	if (!subsystem)
		return -ENOMEM;
	r = sysfs_read_link(dir_fd, subsystem, &bus);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = vfio_node_of_device(root, bus, address, &node);
	if (r < 0 || !node)
		return r;
	return strv_add(nodes, node);
}

int vfio_node_of_members(const struct sysfs_root *root, int iommu_group, char ***ret)
{
	_cleanup_free_ char *path = str_printf("sys/kernel/iommu_groups/%d/devices", iommu_group);
	_cleanup_closedir_ DIR *dir = NULL;
	_cleanup_strv_ char **nodes = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = sysfs_root_list(root, path, &dir);
	if (r < 0 && r != -ENOENT)
		return r;
	DIR_FOREACH(address, dir) {
		r = vfio_node_add_member(root, dirfd(dir), address, &nodes);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(nodes);
	return 0;
}
