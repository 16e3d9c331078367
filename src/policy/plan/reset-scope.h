/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What each way of resetting a device would hit besides the device itself. */

#include "model/inventory.h"

enum reset_scope_reach {
	RESET_SCOPE_FUNCTION, /* the function, and its VFs, which end with it */
	RESET_SCOPE_BUS,      /* everything below the bridge that the device sits behind */
	RESET_SCOPE_SLOT,     /* the functions in its slot and what is behind them */
	RESET_SCOPE_PLATFORM, /* the firmware or the driver decides: nothing is known of the others
			       */
};

/* By a word of the kernel's reset_method, or "slot". A word that is not known is
 * RESET_SCOPE_PLATFORM. */
enum reset_scope_reach reset_scope_of_method(const char *method);
const char *reset_scope_reach_to_string(enum reset_scope_reach reach);

/*
 * All devices that a reset of @device by @method reaches, itself among them, bridges too: struct
 * device, not owned, sorted. Anything but PCI is alone. 0 or -ENOMEM.
 */
int reset_scope_devices(const struct inventory *inv, const struct device *device,
			const char *method, struct vec *ret) _must_check_;
