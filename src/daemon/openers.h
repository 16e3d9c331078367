/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Floor 3. Who has a device node open, by a walk over /proc: it can take a while, and misses descriptors in flight. */

#include "macro.h"

/*
 * Who has one of these device nodes open, in whatever place of its own file system: "pid 812 (qemu-system-x86, uid 1000)",
 * several joined by commas; NULL if nobody was found, or when out of memory. The caller frees it.
 */
char *openers_describe(char *const *paths) _must_check_;
