/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Resolves a definition on one host: the devices that it names, and the devices that must move with
 * them.
 */

#include "model/blocker.h"
#include "model/group-def.h"
#include "model/inventory.h"

/* A definition on one host. It points into the inventory and is valid until that changes. */
struct resolved_group {
	struct vec named;	 /* struct device, not owned: named by the definition; sorted */
	struct vec devices;	 /* struct device, not owned: those and their companions; sorted */
	struct vec iommu_groups; /* struct iommu_group, not owned; by id */
	struct vec blockers;	 /* struct blocker, owned */
	bool absent;		 /* a named device does not exist */
};

/*
 * Resolves @def; naming one device takes its whole IOMMU group. Problems become blockers in
 * ret->blockers: absent, identity-mismatch, no-iommu, pending. 0 or -ENOMEM.
 */
int resolve_group(const struct inventory *inv, const struct group_def *def,
		  struct resolved_group *ret) _must_check_;
void resolved_group_clear(struct resolved_group *resolved);
#define _cleanup_resolved_group_ _cleanup_(resolved_group_clear)

bool resolved_group_has(const struct resolved_group *resolved, const struct device *device);

/*
 * Returns whether @device is in no IOMMU group yet, but gets one when a driver is probed for it.
 * Some kernels do so where a device tree describes the IOMMU (arm64), and with virtio-iommu. Such a
 * device does not prove that the host has no IOMMU.
 */
bool resolve_awaits_iommu_group(const struct inventory *inv, const struct device *device);
