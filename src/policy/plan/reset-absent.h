/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reasons why a device does not have a reset that others have. */

#include "model/inventory.h"

/*
 * Returns a static text on why the kernel does not offer @method, a word of reset_method, for
 * @device, which is on PCI. NULL: it offers it, it chooses the method itself, or "bus" stands for
 * it. *ret_known: false if the recording does not show whether the kernel offers it.
 */
const char *reset_absent_find_reason(const struct inventory *inv, const struct device *device,
				     const char *method, bool *ret_known);
