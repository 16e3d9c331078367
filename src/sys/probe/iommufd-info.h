/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Asks iommufd what it reports only for a device that is open and attached: I/O addresses, regions,
 * PASID. The iommufd for that is opened and closed here, before the device goes to a claimer.
 */

#include "sys/probe/vfio-info.h"

/*
 * Opens the device by its node @path, "/dev/vfio/devices/vfio0". Sends lines of vfio-facts.h: those
 * about its IOMMU group to @group, "source …" first, and those about itself to @device. 0, or
 * negative errno after nothing was sent.
 */
int iommufd_info_read(const struct sysfs_root *root, const char *path,
		      const struct vfio_info_sink *group,
		      const struct vfio_info_sink *device) _must_check_;
