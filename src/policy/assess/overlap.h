/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Finds conflicts between the groups of one host, whatever is claimed. Two groups may name one
 * device by different selectors. An IOMMU group may move with another group that is reserved.
 */

#include "policy/assess/resolve.h"

struct overlap;

struct overlap *overlap_new(void);
struct overlap *overlap_free(struct overlap *overlap);
DEFINE_CLEANUP(struct overlap *, overlap_freep, overlap_free)
#define _cleanup_overlap_ _cleanup_(overlap_freep)

/*
 * Adds one group; call this once for each group. Keeps @def by reference and copies the pointers of
 * @resolved. 0 or -ENOMEM.
 */
int overlap_add(struct overlap *overlap, const struct group_def *def,
		const struct resolved_group *resolved) _must_check_;
/*
 * Assigns each device and each reserved IOMMU group to the group that was read first. Call this
 * once, after the last overlap_add(). 0 or -ENOMEM.
 */
int overlap_decide(struct overlap *overlap) _must_check_;
/*
 * Appends blockers of an added group to @resolved->blockers: "two-groups" if an earlier group names
 * one of its devices, "reserved" if another, reserved group moves with it. 0 or -ENOMEM.
 */
int overlap_assess(const struct overlap *overlap, const struct group_def *def,
		   struct resolved_group *resolved) _must_check_;
