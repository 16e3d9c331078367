/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/device-bus.h"

/* NXP's DPAA2: what is lent is a container of objects, a "dprc". */
const struct devbus devbus_fsl_mc = {
	.name = "fsl-mc",
	.noun = "DPAA2 object",
	.way = DEVBUS_OVERRIDE,
	.vfio_driver = "vfio-fsl-mc",
};
