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
int assess_rule_block(const struct assessment *ctx, const struct device *device, const char *format,
		      ...) _printf_(3, 4) _must_check_;
/* Is it in a lease? */
bool assess_rule_is_claimed(const struct assess *assess, const struct device *device);

/*
 * "A, B, C, D and 3 more" of @n things; @name gives the i-th, NULL when out of memory. Caller
 * frees.
 */
char *assess_rule_list(size_t n, char *(*name)(const void *things, size_t i),
		       const void *things) _must_check_;
