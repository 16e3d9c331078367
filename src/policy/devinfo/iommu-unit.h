/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What an IOMMU says of itself, from the registers that the kernel shows in
 * /sys/class/iommu. The inventory keeps a line for each: "dmar0 intel-iommu cap 0x… ecap 0x…",
 * "ivhd0 amd-iommu cap 0x… features 0x…", "smmu3.0x… -" where it shows none.
 */

#include "model/inventory.h"

enum iommu_unit_answer { IOMMU_UNIT_NO, IOMMU_UNIT_YES, IOMMU_UNIT_UNKNOWN };

struct iommu_unit {
	char name[64];
	const char *kind; /* "VT-d", "AMD-Vi", "SMMU", "virtio-iommu", "sPAPR", or "" */
	enum iommu_unit_answer pasid, pri, ats, execute, privileged;
	unsigned pasid_bits;   /* 0: not said */
	unsigned address_bits; /* of I/O addresses; 0: not said */
};

/* The unit that translates for @device; false: it is behind none that the kernel names. */
bool iommu_unit_find(const struct inventory *inv, const struct device *device,
		     struct iommu_unit *ret);
/* What the machine has, by the units it shows: as kind. "" without any. */
const char *iommu_unit_kind(const struct inventory *inv);
