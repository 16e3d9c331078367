/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/device-bus.h"

/* What firmware or a device tree tells of, and no bus lets one find. */
const struct devbus devbus_platform = {
	.name = "platform",
	.noun = "platform device",
	.way = DEVBUS_OVERRIDE,
	.vfio_driver = "vfio-platform",
	.reset_module = "vfio_platform",
};
