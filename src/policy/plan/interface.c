/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>

#include "policy/plan/interface.h"

const char *interface_why_no_iommufd(const struct inventory *inv)
{
	if (!inv->has_iommufd)
		return "The kernel has no /dev/iommu (it is built without CONFIG_IOMMUFD).";
	if (!inv->has_vfio_cdev)
		return "The kernel has /dev/iommu, but VFIO gives devices no nodes of their own "
		       "(it is built without "
		       "CONFIG_VFIO_DEVICE_CDEV).";
	return NULL;
}

enum vfio_interface interface_choose(const struct inventory *inv, enum vfio_interface wanted,
				     enum access_mode access)
{
	if (wanted != INTERFACE_AUTO)
		return wanted;
	if (interface_why_no_iommufd(inv))
		return INTERFACE_GROUP;
	return access == ACCESS_NODE ? INTERFACE_ANY : INTERFACE_IOMMUFD;
}
