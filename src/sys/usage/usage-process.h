/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Which processes have devices open, and what is mounted in namespaces of theirs: a walk
 * over /proc that can be done a bit at a time. Links are read, and only nodes below /dev looked at:
 * nothing here asks a filesystem that may hang. Descriptors in flight are missed.
 */

#include "sys/usage/usage-set.h"

struct usage_process_walk;

/* @root is kept by reference. 0 or -ENOMEM. */
int usage_process_walk_new(const struct sysfs_root *root,
			   struct usage_process_walk **ret) _must_check_;
struct usage_process_walk *usage_process_walk_free(struct usage_process_walk *walk);
DEFINE_CLEANUP(struct usage_process_walk *, usage_process_walk_freep, usage_process_walk_free)

/*
 * Looks at @n more processes; @inv is the inventory as it is now. 1: there are more; 0: that was
 * all; or -ENOMEM.
 */
int usage_process_walk_step(struct usage_process_walk *walk, const struct inventory *inv,
			    unsigned n) _must_check_;
/* Puts what was found into @inv, as usage_set_apply() does with @only: after the last step. 0 or
 * -ENOMEM. */
int usage_process_walk_apply(struct usage_process_walk *walk, struct inventory *inv,
			     const struct vec *only, bool *ret_changed) _must_check_;
