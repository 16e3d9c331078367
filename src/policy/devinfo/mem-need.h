/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The memory that a VMM locks for a VM with devices. All memory that a device could reach by DMA is
 * pinned. It counts against RLIMIT_MEMLOCK of the process that maps it, or by default of its user
 * with iommufd.
 */

#include <stdint.h>

#include "base/macro.h"

/*
 * Returns the minimum in bytes for a VM with @ram bytes: its memory and the ROMs of a small
 * firmware. Measured with QEMU 7.2 and 10.0: a VM of 64 MiB maps with a limit of 65 MiB, but not
 * with 64 MiB.
 */
uint64_t mem_need_min(uint64_t ram);
/* Returns a limit in bytes for a usual VM: with large firmware and virtual graphics. */
uint64_t mem_need_typical(uint64_t ram);

/*
 * Returns "65M", "16G" or "infinity", as in a definition; the caller frees it. NULL when out of
 * memory.
 */
char *mem_need_format(uint64_t bytes) _must_check_;
