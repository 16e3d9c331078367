/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the newer interface tells only to who has a device open and attached: I/O addresses,
 * regions, PASID. It is asked in between, with an iommufd of its own that is gone afterwards.
 */

#include "sys/probe/vfio-info.h"

/*
 * Opens the device by its node @path, "/dev/vfio/devices/vfio0". @group is told the lines of
 * vfio-facts.h about its IOMMU group, "source …" first, @device those about itself. 0, or negative
 * errno: then neither is told anything.
 */
int iommufd_info_read(const struct sysfs_root *root, const char *path,
		      const struct vfio_info_sink *group,
		      const struct vfio_info_sink *device) _must_check_;
