/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/device-bus.h"

/* What firmware or a device tree tells of, and no bus lets one find. */
const struct device_bus device_bus_platform = {
	.name = "platform",
	.noun = "platform device",
	.binding = DEVICE_BUS_DRIVER_OVERRIDE,
	.vfio_driver = "vfio-platform",
	.reset_module = "vfio_platform",
};
