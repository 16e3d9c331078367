/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/device-bus.h"

/* Devices in the programmable logic of AMD's SoCs, which a controller announces. */
const struct device_bus device_bus_cdx = {
	.name = "cdx",
	.noun = "CDX device",
	.binding = DEVICE_BUS_DRIVER_OVERRIDE,
	.vfio_driver = "vfio-cdx",
};
