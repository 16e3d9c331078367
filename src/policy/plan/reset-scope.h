/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The devices that each reset method reaches besides the device itself. */

#include "model/inventory.h"

enum reset_scope_reach {
	RESET_SCOPE_FUNCTION, /* the function, and its VFs, which end with it */
	RESET_SCOPE_BUS,      /* all devices below the bridge above the device */
	RESET_SCOPE_SLOT,     /* the functions in its slot and all devices behind them */
	RESET_SCOPE_PLATFORM, /* the firmware or the driver decides; other devices are unknown */
};

/*
 * Returns the reach of a word of reset_method, or of "slot". An unknown word is
 * RESET_SCOPE_PLATFORM.
 */
enum reset_scope_reach reset_scope_of_method(const char *method);
const char *reset_scope_reach_to_string(enum reset_scope_reach reach);

/*
 * Finds all devices that a reset of @device by @method reaches: itself, bridges, and others. *ret
 * gets struct device, not owned, sorted; the caller drops it. A device on another bus than PCI is
 * alone. 0 or -ENOMEM.
 */
int reset_scope_devices(const struct inventory *inv, const struct device *device,
			const char *method, struct vec *ret) _must_check_;

/*
 * Returns whether @other is a virtual function of @device. It does not exist at the time of a reset
 * of @device: the host driver removed it, or the release did before its resets (plan-release.c).
 */
bool reset_scope_is_own_vf(const struct device *device, const struct device *other);
