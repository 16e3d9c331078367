/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The I/O addresses where a user of a device may map memory, and the reserved ones: from sysfs for
 * the IOMMU group, and from VFIO once it was asked.
 */

#include "model/facts.h"
#include "model/inventory.h"

struct reserved_region {
	uint64_t first, last;
	const char *type; /* word of the kernel: "direct", "direct-relaxable", "msi", "reserved" */
	const char *name; /* common name: "RMRR", "MSI window", … */
};

/* Parses a line of reserved_regions; false for other text. @type and @name are static. */
bool dma_facts_parse_reserved(const struct inventory *inv, const char *line,
			      struct reserved_region *ret);

/*
 * Adds to @facts: "reserved" [{first, last, type, name}], "windows" [{first, last, kind}], "iommu"
 * {name, kind, address-bits}, "page-sizes" [], "entries", "source"; without windows "why". 0 or
 * -ENOMEM.
 */
int dma_facts_add(const struct inventory *inv, const struct device *device,
		  struct vec *facts) _must_check_;
