/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Why a group cannot be claimed now. A rule for each code; devgroups(7) has the
 * list, CONTRIBUTING.md says how to add one. What lies in a companion of the IOMMU group counts as
 * much as what lies in a device that the definition names.
 */

#include "model/group-def.h"
#include "model/inventory.h"
#include "policy/assess/resolve.h"

/* What all groups of one host have in common, worked out once. */
struct assess;

/*
 * @inv is kept by reference and must not change meanwhile. @claimed: keys of the devices that are
 * in leases now, NULL for none; copied. 0 or -ENOMEM.
 */
int assess_new(const struct inventory *inv, char *const *claimed, struct assess **ret) _must_check_;
struct assess *assess_free(struct assess *assess);
DEFINE_CLEANUP(struct assess *, assess_freep, assess_free)
#define _cleanup_assess_ _cleanup_(assess_freep)

/*
 * Appends to @resolved->blockers what holds against a claim of what resolve_group() made of @def. 0
 * or -ENOMEM.
 */
int assess_group(const struct assess *assess, const struct group_def *def,
		 struct resolved_group *resolved) _must_check_;
