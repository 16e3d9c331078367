/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The resets of one function that its configuration space offers. */

#include "model/device.h"

/*
 * Returns 1 if the kernel would offer @method for @device, by its capabilities alone, 0 if not, and
 * -ENODATA if the known bytes end before that is clear. @method is "flr", "af_flr" or "pm"; for
 * others 0. Quirks of models do not count.
 */
int reset_caps_offer(const struct device *device, const char *method);
