/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Who has a device node open, by a walk over /proc: it can take a while, and misses descriptors in
 * flight. */

#include "base/macro.h"

/*
 * Who has one of these device nodes open, in whatever place of its own file system: "pid 812
 * (qemu-system-x86, uid 1000)", several joined by commas; NULL if nobody was found, or when out of
 * memory. The caller frees it.
 */
char *open_files_describe(char *const *paths) _must_check_;
/*
 * The same for VFIO devices that were opened through their group, and have no node: @members is the
 * directory of the group's devices in sysfs. Where the kernel does not tell which device is open
 * (process_fd_vfio_devpath()) it is whoever has one, and the words say so.
 */
char *open_files_describe_members(int members) _must_check_;
