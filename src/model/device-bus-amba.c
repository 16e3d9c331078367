/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/device-bus.h"

/* Arm's PrimeCells: platform devices with an id of their own, and a driver of VFIO for themselves.
 */
const struct device_bus device_bus_amba = {
	.name = "amba",
	.noun = "AMBA device",
	.binding = DEVICE_BUS_DRIVER_OVERRIDE,
	.vfio_driver = "vfio-amba",
	.reset_module = "vfio_amba",
};
