/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The versions of the kernel's rules for IOMMU groups: which rule came with which Linux. A version
 * is a number that grows with the versions. Stable kernels have many of these rules earlier, since
 * they are backported, so a version means the release of mainline.
 */

#include "model/device.h"

#define KERNEL_RULES(major, minor) ((major) << 8u | (minor))
#define KERNEL_RULES_OLDEST KERNEL_RULES(5u, 4u)
#define KERNEL_RULES_NEWEST KERNEL_RULES(7u, 2u)
/* The newest kernel with the series of patches that KERNEL_RULES_SERIES names. */
#define KERNEL_RULES_NEXT 0xffffu
#define KERNEL_RULES_SERIES \
	"\"Fix incorrect iommu_groups with PCIe ACS\" (v3, September 2025, not merged)"

enum kernel_rule_kind {
	KERNEL_RULE_ACS,	 /* the kernel knows whether this model isolates */
	KERNEL_RULE_RC_ENDPOINT, /* the same, for endpoints of the root complex */
	KERNEL_RULE_ALIAS,	 /* this model uses the addresses of others */
	KERNEL_RULE_VALIDATION,	 /* source validation does not count for this model */
	KERNEL_RULE_DMA_OWNER,	 /* devices behind VMD share the group of its controller */
	KERNEL_RULE_NEXT,	 /* kernel_rules_next */
};

struct kernel_rule {
	unsigned since;
	enum kernel_rule_kind kind;
	uint16_t vendor, first, last; /* the models; of no use for KERNEL_RULE_NEXT */
	const char *name;	      /* a word for programs */
	const char *text;	      /* a sentence for people */
	const char *source;	      /* Linux version and commit or function */
};

/* The rules of the series that KERNEL_RULES_NEXT adds. */
enum kernel_rule_next {
	KERNEL_RULE_SWITCH_PORTS, /* a port of a switch without isolation ties all of the switch */
	KERNEL_RULE_ROOT_PORT,	  /* a root port without ACS isolates */
	KERNEL_RULE_PLAIN_FUNCTIONS, /* functions without ACS isolate */
	KERNEL_RULE_MIXED_FUNCTIONS, /* one function that does not isolate ties all others */
	KERNEL_RULE_CONVENTIONAL,    /* a bridge to conventional PCI stays out of the group */
	KERNEL_RULES_NEXT_COUNT,
};

extern const struct kernel_rule kernel_rules_next[KERNEL_RULES_NEXT_COUNT];

/*
 * Reads "kernel-6.12", "6.12", "6.12.48-amd64" or "next". 0; -EINVAL: no version; -ERANGE: a
 * version that is not known: older or newer than all rules, or never released.
 */
int kernel_rules_parse(const char *word, unsigned *ret) _must_check_;
/*
 * Returns the version of the kernel that uname -r calls @release, or the nearest known one. NULL:
 * the newest.
 */
unsigned kernel_rules_of_release(const char *release);
/* Returns "6.12" or "next"; the caller frees it. NULL when out of memory. */
char *kernel_rules_format(unsigned rules) _must_check_;

/*
 * Returns whether the kernel of version @rules has all rules of @kind on the model of @device.
 * @whole: only rules on all models of its vendor count.
 */
bool kernel_rules_has(unsigned rules, enum kernel_rule_kind kind, const struct device *device,
		      bool whole);
/*
 * Returns the @n-th rule, from 0, on the model of @device that only one of two versions has, or
 * NULL. The rules of KERNEL_RULES_NEXT are not among them.
 */
const struct kernel_rule *kernel_rules_differ(unsigned a, unsigned b, const struct device *device,
					      size_t n);
