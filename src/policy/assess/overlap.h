/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the groups of one host have to do with each other, apart from who is claimed:
 * a device that two of them name, in words that only a host shows to mean the same, and an IOMMU
 * group that moves with another group that is reserved.
 */

#include "policy/assess/resolve.h"

struct overlap;

struct overlap *overlap_new(void);
struct overlap *overlap_free(struct overlap *overlap);
DEFINE_CLEANUP(struct overlap *, overlap_freep, overlap_free)
#define _cleanup_overlap_ _cleanup_(overlap_freep)

/* Keeps @def by reference, and of @resolved what it needs. Every group once. 0 or -ENOMEM. */
int overlap_add(struct overlap *overlap, const struct group_def *def,
		const struct resolved_group *resolved) _must_check_;
/* To be called once, behind the last overlap_add(): who was read first comes first. 0 or -ENOMEM.
 */
int overlap_decide(struct overlap *overlap) _must_check_;
/*
 * Appends to @resolved->blockers, for a group that was added: "two-groups" where an earlier group
 * names one of its devices, "reserved" where another group that is reserved moves with it. 0 or
 * -ENOMEM.
 */
int overlap_assess(const struct overlap *overlap, const struct group_def *def,
		   struct resolved_group *resolved) _must_check_;
