/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Compares the IOMMU groups of a host with those that another version of the kernel would make. A
 * host whose groups follow other rules than those known here gets no answer for these devices.
 */

#include "model/inventory.h"
#include "policy/isolation/kernel-rules.h"

/* Devices whose groups change: the fewest that keep to themselves before and after. */
struct rules_change {
	struct vec devices; /* struct device, not owned; sorted */
	bool parts;	    /* two devices of one group come into two */
	bool joins;	    /* two devices of two groups come into one */
	struct vec rules;   /* const struct kernel_rule, static: those that may cause it */
};

struct rules_diff {
	unsigned rules;	     /* the version that was asked for */
	unsigned base;	     /* the version whose rules the groups of this host follow */
	bool no_groups;	     /* no IOMMU is on: nothing else is filled */
	int *now, *then;     /* a number of the group for each device of the inventory; -1: none */
	struct vec changes;  /* struct rules_change, owned */
	struct vec unknown;  /* struct device, not owned: the recording lacks what decides */
	struct vec puzzling; /* struct device, not owned: its group is not what the rules make */
};

/* 0 or -ENOMEM. Clear *ret in both cases. */
int rules_diff_find(const struct inventory *inv, unsigned rules,
		    struct rules_diff *ret) _must_check_;
void rules_diff_clear(struct rules_diff *diff);
#define _cleanup_rules_diff_ _cleanup_(rules_diff_clear)
