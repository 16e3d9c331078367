/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Decodes the features of an IOMMU from the registers that the kernel shows in /sys/class/iommu.
 * The inventory has one line for each: "dmar0 intel-iommu cap 0x… ecap 0x…", "ivhd0 amd-iommu cap
 * 0x… features 0x…", or "smmu3.0x… -" if the kernel shows none.
 */

#include "model/inventory.h"

enum iommu_unit_answer { IOMMU_UNIT_NO, IOMMU_UNIT_YES, IOMMU_UNIT_UNKNOWN };

struct iommu_unit {
	char name[64];
	const char *kind; /* "VT-d", "AMD-Vi", "SMMU", "virtio-iommu", "sPAPR", or "" */
	enum iommu_unit_answer pasid, pri, ats, execute, privileged;
	unsigned pasid_bits;   /* 0: unknown */
	unsigned address_bits; /* of I/O addresses; 0: unknown */
};

/* Returns the unit that translates for @device; false if the kernel names none. */
bool iommu_unit_find(const struct inventory *inv, const struct device *device,
		     struct iommu_unit *ret);
/* Returns the kind of the first known unit of the machine, or "". Static. */
const char *iommu_unit_kind(const struct inventory *inv);
