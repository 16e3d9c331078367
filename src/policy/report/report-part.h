/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the parts of the report card share; only report*.c include this. */

#include "policy/report/report-card.h"

#define REPORT_SHOWN 6 /* devices named in a sentence */

/* In this order: what can be had at all, what is safe, whose group gets smaller, what is handier.
 */
enum report_weight {
	WEIGHT_NOTHING_WORKS,
	WEIGHT_UNSAFE,
	WEIGHT_NOT_AT_ALL, /* these devices cannot be given away */
	WEIGHT_GROUPS,	   /* smaller ones, by a setting or another slot */
	WEIGHT_OTHER_CARD, /* by nothing but other hardware */
	WEIGHT_RESETS,
	WEIGHT_SPEED,
};

/* Adds a copy of @kind; takes @text (NULL: out of memory) over, and *@devices if there is one. */
int report_part_add(struct report_card *card, const struct report_advice *kind, char ***devices,
		    char *text) _must_check_;
void report_part_free_advice(struct report_advice *advice);
DEFINE_CLEANUP(struct report_advice *, report_part_free_advicep, report_part_free_advice)
/* "A, B, C and 3 more". Caller frees; NULL when out of memory. */
char *report_part_list(char *const *devices) _must_check_;

bool report_part_is_endpoint(const struct device *device);
bool report_part_has_reserved(const struct inventory *inv, const struct device *device);
/* A reset that reaches this function alone. */
bool report_part_has_own_reset(const struct device *device);
