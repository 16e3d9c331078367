/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Finds which processes have devices open, and what is mounted in their namespaces. The walk over
 * /proc can be done a bit at a time. It reads links, and looks only at nodes below /dev, so it asks
 * no filesystem that may hang. It misses descriptors in flight.
 */

#include "sys/usage/usage-set.h"

struct usage_process_walk;

/* Lists the processes. Keeps @root by reference. 0 or -ENOMEM. */
int usage_process_walk_new(const struct sysfs_root *root,
			   struct usage_process_walk **ret) _must_check_;
struct usage_process_walk *usage_process_walk_free(struct usage_process_walk *walk);
DEFINE_CLEANUP(struct usage_process_walk *, usage_process_walk_freep, usage_process_walk_free)

/*
 * Looks at up to @n more processes; @inv is the current inventory. Returns 1 if there may be more,
 * 0 after the last one, or -ENOMEM.
 */
int usage_process_walk_step(struct usage_process_walk *walk, const struct inventory *inv,
			    unsigned n) _must_check_;

/*
 * Puts what the walk found into @inv, as usage_set_apply() does with @only. Call it after the last
 * step. 0 or -ENOMEM.
 */
int usage_process_walk_apply(struct usage_process_walk *walk, struct inventory *inv,
			     const struct vec *only, bool *ret_changed) _must_check_;
