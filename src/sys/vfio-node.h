/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Finds the nodes that VFIO makes for single devices, if the kernel has CONFIG_VFIO_DEVICE_CDEV. */

#include "base/macro.h"
#include "sys/sysfs.h"

#define VFIO_NODE_DEVICES_DIR "/dev/vfio/devices"

/*
 * Finds the node of a device: "/dev/vfio/devices/vfio3". *ret is NULL if it has none now. 0 or
 * negative errno.
 */
int vfio_node_of_device(const struct sysfs_root *root, const char *bus, const char *address,
			char **ret) _must_check_;
/* Finds the nodes of all members of an IOMMU group. *ret is NULL if there are none. */
int vfio_node_of_members(const struct sysfs_root *root, int iommu_group, char ***ret) _must_check_;
