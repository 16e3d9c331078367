/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "strutil.h"
#include "vfiodriver.h"

bool bridge_driver_may_stay(const char *driver)
{
	return !driver || str_eq(driver, "pcieport");
}

const char *vfio_driver_for(const struct device *device, const struct groupdef *def)
{
	static const struct {
		const char *bus, *driver;
	} by_bus[] = {
		{ "pci", "vfio-pci" },	       { "platform", "vfio-platform" },
		{ "fsl-mc", "vfio-fsl-mc" },   { "cdx", "vfio-cdx" },
		{ "mdev", "vfio_mdev" },
	};

	if (device_is_pci(device) && !str_eq(def->driver, "auto"))
		return def->driver;
	if (device->vfio_driver)
		return device->vfio_driver;
	for (size_t i = 0; i < ARRAY_SIZE(by_bus); i++)
		if (str_eq(by_bus[i].bus, device->bus))
			return by_bus[i].driver;
	return NULL;
}
