/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What only the kernel's VFIO or iommufd tells, and only to who has the group or device
 * open: asked once at a claim and kept in the inventory as lines of text. The words of a line are
 * its name and its numbers, "range 0x0 0xfedfffff".
 *
 * Of an IOMMU group (struct iommu_group.vfio_info_lines):
 *   source vfio TYPE             who said it: "source vfio type1v2"; or "source iommufd"
 *   refused ERROR                instead of all of these
 *   range FIRST LAST             I/O addresses that may be mapped, in order
 *   page-sizes BITMAP            a bit for each size that a mapping may have
 *   alignment SIZE               iommufd: of the addresses that may be mapped
 *   entries N                    how many mappings there is room for
 *   window32 FIRST LAST          POWER: the window below 4 GiB that is there
 *   window64 BITMAP MAX LEVELS   POWER: windows that can be made: page sizes, number, table levels
 * Of a device (struct device.vfio_info_lines):
 *   source iommufd               it was asked
 *   region INDEX FLAGS SIZE      VFIO_REGION_INFO_FLAG_*
 *   sparse INDEX OFFSET SIZE     a part of that region that can be mapped; the rest cannot
 *   msix-mappable INDEX          the MSI-X table in it may be mapped with the rest
 *   module-pasid N               the kernel module: how many PASIDs it can use
 *   module-pri 0|1, module-ats 0|1
 *   pasid BITS CAPS              what the kernel says of its PASID: 0x2 execute, 0x4 privileged
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/macro.h"

#define VFIO_FACTS_NUMBERS 3

struct vfio_facts_line {
	char name[24];
	uint64_t numbers[VFIO_FACTS_NUMBERS];
	unsigned n;
};

/* False where it is no such line: words that are no numbers are left out. */
bool vfio_facts_parse(const char *line, struct vfio_facts_line *ret);
/* The next line called @name at or behind **@cursor, which goes on behind it; false: no more. */
bool vfio_facts_next(char *const **cursor, const char *name, struct vfio_facts_line *ret);
/* The rest of the first line called @name; NULL: there is none. */
const char *vfio_facts_word(char *const *lines, const char *name);
/*
 * Adds @line to what is known of an IOMMU group. "source" and "refused" begin an answer anew; what
 * it does not say stays as it was: iommufd knows no page sizes, a container no alignment. -ENOMEM.
 */
int vfio_facts_add(char ***lines, const char *line) _must_check_;
