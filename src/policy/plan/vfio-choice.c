/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Chooses the VFIO driver of a device and the VFIO interface of a claim. */

#include <stddef.h>

#include "base/str.h"
#include "policy/plan/vfio-choice.h"

bool vfio_choice_is_bound(const struct device *device)
{
	return device_keeps_driver(device) ? device->driver != NULL :
					     vfio_choice_is_vfio(device->driver);
}

bool vfio_choice_allows_bridge(const char *driver)
{
	return !driver || str_eq(driver, "pcieport");
}

const char *vfio_choice_driver(const struct device *device, const struct group_def *def)
{
	const struct device_bus *bus = device_bus_find(device->bus);

	if (bus->binding == DEVICE_BUS_OWN_DRIVER)
		return device->driver;
	if (bus->takes_driver && !str_eq(def->driver, "auto"))
		return def->driver;
	return device->vfio_driver ? device->vfio_driver : bus->vfio_driver;
}

const char *vfio_choice_why_no_iommufd(const struct inventory *inv)
{
	if (!inv->has_iommufd)
		return "The kernel has no /dev/iommu. Build it with CONFIG_IOMMUFD.";
	if (!inv->has_vfio_cdev)
		return "The kernel has /dev/iommu, but VFIO offers no device nodes. Build it with "
		       "CONFIG_VFIO_DEVICE_CDEV.";
	return NULL;
}

const char *vfio_choice_why_no_iommufd_for(const struct inventory *inv, const struct vec *devices)
{
	VEC_FOREACH(const struct device, device, devices)
		if (device_keeps_driver(device))
			return "A former holder could hide an open descriptor of a mediated "
			       "device, and keep access to it. A VMM takes the device by its path: "
			       "claim with access \"node\".";
	return vfio_choice_why_no_iommufd(inv);
}

enum vfio_interface vfio_choice_interface(const struct inventory *inv, const struct vec *devices,
					  enum vfio_interface wanted, enum access_mode access)
{
	if (wanted != INTERFACE_AUTO)
		return wanted;
	if (vfio_choice_why_no_iommufd_for(inv, devices))
		return INTERFACE_GROUP;
	return access == ACCESS_NODE ? INTERFACE_ANY : INTERFACE_IOMMUFD;
}
