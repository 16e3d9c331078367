/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Which I/O addresses a user of a device may map memory at, and which not: what
 * sysfs says of the IOMMU group, and what VFIO said when it was asked.
 */

#include "model/facts.h"
#include "model/inventory.h"

struct reserved_region {
	uint64_t first, last;
	const char *type; /* the kernel's word: "direct", "direct-relaxable", "msi", "reserved" */
	const char *name; /* in the field's words: "RMRR", "MSI window", … */
};

/* Of a line of reserved_regions. False where it is none. @type and @name point into static memory.
 */
bool dma_facts_parse_reserved(const struct inventory *inv, const char *line,
			      struct reserved_region *ret);

/*
 * Adds to @facts: "reserved" [{first, last, type, name}], "windows" [{first, last, kind}],
 * "iommu" {name, kind, address-bits}, "page-sizes" [], "entries", "source"; without windows "why".
 * 0 or -ENOMEM.
 */
int dma_facts_add(const struct inventory *inv, const struct device *device,
		  struct vec *facts) _must_check_;
