/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What each way of resetting a device would hit besides the device itself. */

#include "model/inventory.h"

enum reset_reach {
	RESET_FUNCTION, /* the function, and its VFs, which end with it */
	RESET_BUS,	/* everything below the bridge that the device sits behind */
	RESET_SLOT,	/* the functions in its slot and what is behind them */
	RESET_PLATFORM, /* the firmware or the driver decides: nothing is known of the others */
};

/* By a word of the kernel's reset_method, or "slot". A word that is not known is RESET_PLATFORM. */
enum reset_reach resetscope_reach(const char *method);
const char *reset_reach_to_string(enum reset_reach reach);

/*
 * All devices that a reset of @device by @method reaches, itself among them, bridges too: struct
 * device, not owned, sorted. Anything but PCI is alone. 0 or -ENOMEM.
 */
int resetscope_devices(const struct inventory *inv, const struct device *device, const char *method,
		       struct vec *ret) _must_check_;
