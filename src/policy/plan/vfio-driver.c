/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/str.h"
#include "policy/plan/vfio-driver.h"

bool vfio_driver_is_bound(const struct device *device)
{
	return device_keeps_driver(device) ? device->driver != NULL :
					     vfio_driver_is_known(device->driver);
}

bool vfio_driver_allows_bridge(const char *driver)
{
	return !driver || str_eq(driver, "pcieport");
}

const char *vfio_driver_for(const struct device *device, const struct group_def *def)
{
	const struct device_bus *bus = device_bus_find(device->bus);

	if (bus->binding == DEVICE_BUS_OWN_DRIVER)
		return device->driver;
	if (bus->takes_driver && !str_eq(def->driver, "auto"))
		return def->driver;
	return device->vfio_driver ? device->vfio_driver : bus->vfio_driver;
}
