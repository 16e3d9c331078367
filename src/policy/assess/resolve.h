/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which devices of a host a definition means, and what must move with them. */

#include "model/blocker.h"
#include "model/group-def.h"
#include "model/inventory.h"

/* A definition on one host. Holds pointers into the inventory: valid until that changes. */
struct resolved_group {
	struct vec named;	 /* struct device, not owned: what the definition names; sorted */
	struct vec devices;	 /* struct device, not owned: with their companions; sorted */
	struct vec iommu_groups; /* struct iommu_group, not owned; by id */
	struct vec
		blockers; /* struct blocker, owned: absent, identity-mismatch, no-iommu, pending */
	bool absent;	  /* a named device is not there */
};

/* Naming one device takes its whole IOMMU group. 0 or -ENOMEM; what is wrong is in ret->blockers.
 */
int resolve_group(const struct inventory *inv, const struct group_def *def,
		  struct resolved_group *ret) _must_check_;
void resolved_group_clear(struct resolved_group *resolved);
#define _cleanup_resolved_group_ _cleanup_(resolved_group_clear)

bool resolved_group_has(const struct resolved_group *resolved, const struct device *device);

/*
 * Some kernels give a device its IOMMU group only when a driver is probed for it: where a device
 * tree describes the IOMMU (arm64), and with virtio-iommu. That such a device is in no group does
 * not mean that there is no IOMMU.
 */

/* No group so far, but there will be one with the first driver. */
bool resolve_awaits_iommu_group(const struct inventory *inv, const struct device *device);
