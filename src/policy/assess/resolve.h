/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which devices of a host a definition means, and what must move with them. */

#include "model/blocker.h"
#include "model/group-def.h"
#include "model/inventory.h"

/* A definition on one host. Holds pointers into the inventory: valid until that changes. */
struct groupview {
	struct vec named;	 /* struct device, not owned: what the definition names; sorted */
	struct vec devices;	 /* struct device, not owned: with their companions; sorted */
	struct vec iommu_groups; /* struct iommu_group, not owned; by id */
	struct vec blockers;	 /* struct blocker, owned: absent, identity-mismatch, no-iommu, pending */
	bool absent;		 /* a named device is not there */
};

/* Naming one device takes its whole IOMMU group. 0 or -ENOMEM; what is wrong is in ret->blockers. */
int resolve_group(const struct inventory *inv, const struct groupdef *def,
		  struct groupview *ret) _must_check_;
void groupview_clear(struct groupview *view);
#define _cleanup_groupview_ _cleanup_(groupview_clear)

bool groupview_has(const struct groupview *view, const struct device *device);
