/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The lengths of capabilities in configuration space. */

#include "policy/devinfo/cap-chain.h"

/* Sets the length and most of @cap from its id and its registers. */
void cap_length_measure(const struct device *device, struct capability *cap);
