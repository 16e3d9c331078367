/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * How much memory a VMM locks for a VM with devices: everything that a device could do DMA to is
 * pinned, and counts against RLIMIT_MEMLOCK of the process that maps it (of the user's, with an
 * iommufd that nobody has set otherwise).
 */

#include <stdint.h>

#include "base/macro.h"

/*
 * The least for a VM with @ram bytes: its memory and the ROMs of a small firmware. Measured with
 * QEMU 7.2 and 10.0: a VM of 64 MiB maps with a limit of 65 MiB and not with one of 64.
 */
uint64_t mem_need_min(uint64_t ram);
/* The same with what large firmware and virtual graphics bring: a limit that is enough for the
 * usual VM. */
uint64_t mem_need_typical(uint64_t ram);

/* "65M", "16G", "infinity": as in a definition. Caller frees; NULL when out of memory. */
char *mem_need_format(uint64_t bytes) _must_check_;
