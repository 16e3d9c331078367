/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Finds the reasons why a group cannot be claimed: its blockers. Each code has one rule.
 * devgroups(7) lists the codes; CONTRIBUTING.md says how to add one. A reason in a companion of the
 * IOMMU group counts as much as one in a device that the definition names.
 */

#include "model/group-def.h"
#include "model/inventory.h"
#include "policy/assess/resolve.h"

/* Facts that all groups of one host share, computed once. */
struct assess;

/*
 * Keeps @inv and @quirks (struct quirk; NULL: none) by reference; they must not change while *ret
 * exists. Copies @claimed: the keys of the devices that are in leases now, NULL for none. 0 or
 * -ENOMEM.
 */
int assess_new(const struct inventory *inv, const struct vec *quirks, char *const *claimed,
	       struct assess **ret) _must_check_;
struct assess *assess_free(struct assess *assess);
DEFINE_CLEANUP(struct assess *, assess_freep, assess_free)
#define _cleanup_assess_ _cleanup_(assess_freep)

/*
 * Appends to @resolved->blockers every reason against a claim of @def, which resolve_group()
 * resolved as @resolved. 0 or -ENOMEM.
 */
int assess_group(const struct assess *assess, const struct group_def *def,
		 struct resolved_group *resolved) _must_check_;
