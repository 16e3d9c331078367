/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/device-bus.h"

/* Devices in the programmable logic of AMD's SoCs, which a controller announces. */
const struct devbus devbus_cdx = {
	.name = "cdx",
	.noun = "CDX device",
	.way = DEVBUS_OVERRIDE,
	.vfio_driver = "vfio-cdx",
};
