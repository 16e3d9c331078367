/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/str.h"
#include "policy/plan/vfio-driver.h"

bool device_is_on_vfio(const struct device *device)
{
	return device_keeps_driver(device) ? device->driver != NULL : driver_is_vfio(device->driver);
}

bool bridge_driver_may_stay(const char *driver)
{
	return !driver || str_eq(driver, "pcieport");
}

const char *vfio_driver_for(const struct device *device, const struct groupdef *def)
{
	const struct devbus *bus = devbus_find(device->bus);

	if (bus->way == DEVBUS_AS_IT_IS)
		return device->driver;
	if (bus->takes_driver && !str_eq(def->driver, "auto"))
		return def->driver;
	return device->vfio_driver ? device->vfio_driver : bus->vfio_driver;
}
