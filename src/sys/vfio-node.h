/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The nodes that VFIO gives single devices, where the kernel does that (CONFIG_VFIO_DEVICE_CDEV).
 */

#include "base/macro.h"
#include "sys/sysfs.h"

#define VFIO_NODE_DEVICES_DIR "/dev/vfio/devices"

/* "/dev/vfio/devices/vfio3"; NULL in *ret where the device has none now. 0 or negative errno. */
int vfio_node_of_device(const struct sysfs_root *root, const char *bus, const char *address,
			char **ret) _must_check_;
/* Those of all members of an IOMMU group; *ret is NULL where there are none. */
int vfio_node_of_members(const struct sysfs_root *root, int iommu_group, char ***ret) _must_check_;
