/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/device-bus.h"

/* Arm's PrimeCells: platform devices with an id of their own, and a driver of VFIO for themselves. */
const struct devbus devbus_amba = {
	.name = "amba",
	.noun = "AMBA device",
	.way = DEVBUS_OVERRIDE,
	.vfio_driver = "vfio-amba",
	.reset_module = "vfio_amba",
};
