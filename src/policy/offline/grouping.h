/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Derives the IOMMU groups of a host whose kernel cannot be asked, by the rules of the kernel
 * (drivers/iommu/iommu.c, pci_device_group()). A device joins the bridge above it unless every port
 * up to the root isolates, and a function joins its siblings unless they isolate. The numbers are
 * not those of the kernel.
 */

#include "model/inventory.h"
#include "policy/isolation/kernel-rules.h"

/*
 * Returns whether the kernel would put a device into the group of @bridge, the bridge right above
 * it.
 */
bool grouping_joins_above(const struct inventory *inv, const struct device *bridge);

/*
 * Returns in *ret a group number for each of inv->devices, in their order; -1 for a device that is
 * not on PCI. The caller frees it. 0 or -ENOMEM.
 */
int grouping_derive(const struct inventory *inv, int **ret) _must_check_;
/*
 * The same by the rules of the kernel of version @rules (kernel-rules.h); -1 also for a device that
 * this kernel puts in no group.
 */
int grouping_derive_by(const struct inventory *inv, unsigned rules, int **ret) _must_check_;
/*
 * The same by the newest rules, if @port and all bridges above it isolated: the groups of the
 * devices below @port in a slot that isolates. The other groups are of no use.
 */
int grouping_derive_below(const struct inventory *inv, const struct device *port,
			  int **ret) _must_check_;
/*
 * Returns whether something that decides the group of @device is not known: its place, or whether a
 * bridge above or a function beside it isolates.
 */
bool grouping_is_unsure(const struct inventory *inv, const struct device *device);
/* Puts the devices of @inv into derived groups and sets inv->groups_derived. 0 or -ENOMEM. */
int grouping_apply(struct inventory *inv) _must_check_;
