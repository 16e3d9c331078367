/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How many bytes of configuration space a capability takes. */

#include "policy/devinfo/cap-chain.h"

/* Sets length and most of @cap from what it is and what its registers say. */
void cap_length_measure(const struct device *device, struct capability *cap);
