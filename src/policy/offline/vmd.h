/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Finds in a dump of lspci the controllers of VMD domains. On a host, sysfs shows them (settle.h).
 */

#include "model/inventory.h"

/*
 * Sets the dma_owner of each device in a domain of VMD. Where the dump does not show which of
 * several controllers it is, it sets place_unknown instead. 0 or -ENOMEM.
 */
int vmd_find_owners(struct inventory *inv) _must_check_;
