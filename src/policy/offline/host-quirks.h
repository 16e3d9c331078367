/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Facts that the kernel of a host knows of models, and that a dump of lspci does not show. */

#include "model/inventory.h"

/*
 * Adds the resets that the kernel has for single models (struct quirk, "adds") to the devices of a
 * dump; no other inventory needs it. 0 or -ENOMEM.
 */
int host_quirks_apply(struct inventory *inv, const struct vec *quirks) _must_check_;
