/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The regions of a PCI function for a VMM: their size, alignment, whether a guest can map them, and
 * if not, why.
 */

#include "model/facts.h"
#include "model/inventory.h"

/*
 * Adds to @facts: "regions" [{name, kind, size, alignment, …, map, why}], "port-io", "rom", "msix",
 * and the flags "msix-table-maskable", "needs-relocation", "small-bar-safe". @small_bars:
 * small_bars_index() of @inv. 0 or -ENOMEM.
 */
int mmio_facts_add(const struct inventory *inv, const struct vec *small_bars,
		   const struct device *device, struct vec *facts) _must_check_;
