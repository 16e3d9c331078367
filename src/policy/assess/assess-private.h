/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The rules of an assessment, by file. Each appends its blockers and returns 0 or -ENOMEM. Only
 * assess*.c includes this.
 */

#include "policy/assess/assess-rule.h"

/* assess-usage.c: how the host uses the devices */
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

/* assess-iommu.c: threats that the IOMMU does not stop */
int assess_iommu_reserved_region(const struct assessment *ctx) _must_check_;
int assess_iommu_identity(const struct assessment *ctx) _must_check_;
int assess_iommu_unsafe_interrupts(const struct assessment *ctx) _must_check_;
int assess_iommu_acs_override(const struct assessment *ctx) _must_check_;
int assess_iommu_peer_to_peer(const struct assessment *ctx) _must_check_;

/* assess-pci.c: the state of the PCI functions */
int assess_pci_mdev_parent(const struct assessment *ctx) _must_check_;
int assess_pci_vmd(const struct assessment *ctx) _must_check_;
int assess_pci_pf(const struct assessment *ctx) _must_check_;
int assess_pci_vf(const struct assessment *ctx) _must_check_;
int assess_pci_unaligned_bar(const struct assessment *ctx) _must_check_;
int assess_pci_power(const struct assessment *ctx) _must_check_;
int assess_pci_error(const struct assessment *ctx) _must_check_;

/* assess-reset.c: resets */
int assess_reset_missing(const struct assessment *ctx) _must_check_;
int assess_reset_reaches(const struct assessment *ctx) _must_check_;
