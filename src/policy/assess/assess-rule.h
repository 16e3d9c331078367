/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The context of a rule, and the helpers that rules share. Only assess*.c includes this. This file
 * stands below the rules: it calls none of them.
 */

#include "policy/assess/assess.h"
#include "policy/devinfo/small-bar.h"

struct assess {
	const struct inventory *inv;
	const struct vec *quirks; /* struct quirk; NULL: none */
	struct vec claimed;	  /* struct device, not owned; sorted */
	struct vec small_bars;	  /* struct small_bar, owned; by page */
};

struct rule;

/* One group, as a rule sees it. */
struct assessment {
	const struct assess *assess;
	const struct group_def *def;
	struct resolved_group *resolved;
	const struct rule *rule; /* the rule that runs now */
};

struct rule {
	const char *code;
	bool hard;
	int (*check)(const struct assessment *ctx); /* 0 or -ENOMEM */
};

/*
 * Adds a blocker with the code of the current rule. The text names the device and the cause, and
 * says what the user can do. A soft blocker gets a sentence about --force. 0 or -ENOMEM.
 */
int assess_rule_block(const struct assessment *ctx, const struct device *device, const char *format,
		      ...) _printf_(3, 4) _must_check_;
/* Returns whether @device is in a lease. */
bool assess_rule_is_claimed(const struct assess *assess, const struct device *device);

/*
 * Returns "A, B, C, D and 3 more" for @n things; @name gets the i-th of @things and returns its
 * name, or NULL when out of memory. The caller frees the result; NULL when out of memory.
 */
char *assess_rule_list(size_t n, char *(*name)(const void *things, size_t i),
		       const void *things) _must_check_;
