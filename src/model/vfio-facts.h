/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * VFIO info: facts that VFIO or iommufd report only while the group or device is open. They are
 * read once, at a claim, and kept in the inventory as lines of text. A line is a name and numbers:
 * "range 0x0 0xfedfffff".
 *
 * Of an IOMMU group (struct iommu_group.vfio_info_lines):
 *   source vfio TYPE             the interface that was read: "source vfio type1v2"
 *   source iommufd               the same
 *   refused ERROR                instead of all other lines
 *   range FIRST LAST             I/O addresses that may be mapped, in order
 *   page-sizes BITMAP            a bit for each size that a mapping may have
 *   alignment SIZE               iommufd: of the addresses that may be mapped
 *   entries N                    how many more mappings are possible
 *   window32 FIRST LAST          POWER: the existing window below 4 GiB
 *   window64 BITMAP MAX LEVELS   POWER: possible windows: page sizes, number, table levels
 *
 * Of a device (struct device.vfio_info_lines):
 *   source iommufd               the device was read
 *   region INDEX FLAGS SIZE      VFIO_REGION_INFO_FLAG_*
 *   sparse INDEX OFFSET SIZE     a part of that region that can be mapped; the rest cannot
 *   msix-mappable INDEX          the MSI-X table in that region may be mapped with the rest
 *   module-pasid N               kernel module: how many PASIDs the device can use
 *   module-pri 0|1               kernel module: the device can use PRI
 *   module-ats 0|1               kernel module: the device can use ATS
 *   pasid BITS CAPS              its PASID in the kernel: 0x2 execute, 0x4 privileged
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

/* Parses a line and leaves out words that are no numbers. False for an invalid line. */
bool vfio_facts_parse(const char *line, struct vfio_facts_line *ret);
/* Finds the next line called @name from *cursor on, which moves behind it. False at the end. */
bool vfio_facts_next(char *const **cursor, const char *name, struct vfio_facts_line *ret);
/* Returns the text behind the name of the first line called @name, or NULL. */
const char *vfio_facts_word(char *const *lines, const char *name);
/*
 * Adds @line to the lines of an IOMMU group. "source" and "refused" begin a new answer: they
 * replace the old ranges. Other lines stay until a line of their name replaces them: iommufd
 * reports no page sizes, and a container no alignment. 0 or -ENOMEM.
 */
int vfio_facts_add(char ***lines, const char *line) _must_check_;
