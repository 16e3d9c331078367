/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The IOMMU groups of a host whose kernel cannot be asked, worked out by the
 * kernel's rules (drivers/iommu/iommu.c, pci_device_group()): a device joins the bridge above it
 * unless every port from there to the root isolates, and a function joins its sisters unless they
 * isolate. The numbers are ours.
 */

#include "model/inventory.h"

/* Would the kernel put @device into the group of @bridge, the bridge right above it? */
bool grouping_joins_above(const struct inventory *inv, const struct device *bridge);

/*
 * A number for each device of inv->devices, in their order; -1 where it is not on PCI. The caller
 * frees it. 0 or -ENOMEM.
 */
int grouping_derive(const struct inventory *inv, int **ret) _must_check_;
/* Puts the devices of @inv into the groups so found, and says in @inv that nobody's kernel did. */
int grouping_apply(struct inventory *inv) _must_check_;
