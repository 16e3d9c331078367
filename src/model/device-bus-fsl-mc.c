/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/device-bus.h"

/* NXP's DPAA2: what is lent is a container of objects, a "dprc". */
const struct device_bus device_bus_fsl_mc = {
	.name = "fsl-mc",
	.noun = "DPAA2 object",
	.binding = DEVICE_BUS_DRIVER_OVERRIDE,
	.vfio_driver = "vfio-fsl-mc",
};
