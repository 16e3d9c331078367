/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the rules of an assessment share; only assess*.c include this. */

#include "policy/assess/assess.h"
#include "policy/devinfo/small-bar.h"

struct assess {
	const struct inventory *inv;
	struct vec claimed;    /* struct device, not owned; sorted */
	struct vec small_bars; /* struct small_bar, owned; by page */
};

struct rule;

/* One group as a rule gets to see it. */
struct assessment {
	const struct assess *assess;
	const struct group_def *def;
	struct resolved_group *resolved;
	const struct rule *rule; /* the one that looks at it now */
};

struct rule {
	const char *code;
	bool hard;
	int (*check)(const struct assessment *ctx); /* 0 or -ENOMEM */
};

/*
 * Adds the rule's blocker. The text names device and cause, and says what the user can do; that a
 * soft one falls to --force is added to it. 0 or -ENOMEM.
 */
int assess_blocked(const struct assessment *ctx, const struct device *device, const char *format,
		   ...) _printf_(3, 4) _must_check_;
/* Is it in a lease? */
bool assess_claimed(const struct assess *assess, const struct device *device);

/*
 * "A, B, C, D and 3 more" of @n things; @name gives the i-th, NULL when out of memory. Caller
 * frees.
 */
char *assess_list(size_t n, char *(*name)(const void *things, size_t i),
		  const void *things) _must_check_;

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
/* 0 or -ENOMEM: the small BARs of all devices, by page. */
int assess_pci_index_bars(struct assess *assess) _must_check_;

/* assess-reset.c */
int assess_reset_missing(const struct assessment *ctx) _must_check_;
int assess_reset_reaches(const struct assessment *ctx) _must_check_;
