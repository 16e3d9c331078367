/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The rules of an assessment, by file; only assess*.c include this. */

#include "policy/assess/assess-rule.h"

/* assess-use.c: what the host does with the devices */
int assess_usage_root_disk(const struct assessment *ctx) _must_check_;
int assess_usage_mounted(const struct assessment *ctx) _must_check_;
int assess_usage_swap(const struct assessment *ctx) _must_check_;
int assess_usage_holders(const struct assessment *ctx) _must_check_;
int assess_usage_default_route(const struct assessment *ctx) _must_check_;
int assess_usage_network_up(const struct assessment *ctx) _must_check_;
int assess_usage_console(const struct assessment *ctx) _must_check_;
int assess_usage_tpm(const struct assessment *ctx) _must_check_;
int assess_usage_foreign_owner(const struct assessment *ctx) _must_check_;
int assess_usage_open(const struct assessment *ctx) _must_check_;

/* assess-iommu.c: what the IOMMU cannot hold off */
int assess_iommu_reserved_region(const struct assessment *ctx) _must_check_;
int assess_iommu_identity(const struct assessment *ctx) _must_check_;
int assess_iommu_unsafe_interrupts(const struct assessment *ctx) _must_check_;
int assess_iommu_acs_override(const struct assessment *ctx) _must_check_;
int assess_iommu_peer_to_peer(const struct assessment *ctx) _must_check_;

/* assess-pci.c: what the devices are */
int assess_pci_mdev_parent(const struct assessment *ctx) _must_check_;
int assess_pci_pf(const struct assessment *ctx) _must_check_;
int assess_pci_vf(const struct assessment *ctx) _must_check_;
int assess_pci_unaligned_bar(const struct assessment *ctx) _must_check_;
int assess_pci_power(const struct assessment *ctx) _must_check_;
int assess_pci_error(const struct assessment *ctx) _must_check_;

/* assess-reset.c */
int assess_reset_missing(const struct assessment *ctx) _must_check_;
int assess_reset_reaches(const struct assessment *ctx) _must_check_;
