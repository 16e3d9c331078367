/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Helpers that the parts of the report card share. Only report*.c includes this. This file stands
 * below the parts: it calls none of them.
 */

#include "policy/report/report-card.h"

#define REPORT_SHOWN 6 /* devices named in one sentence */

/* The order of advice: what blocks all claims, safety, group sizes, convenience. */
enum report_weight {
	WEIGHT_NOTHING_WORKS,
	WEIGHT_UNSAFE,
	WEIGHT_NOT_AT_ALL, /* these devices cannot be claimed */
	WEIGHT_GROUPS,	   /* smaller by a setting or another slot */
	WEIGHT_OTHER_CARD, /* smaller only with other hardware */
	WEIGHT_RESETS,
	WEIGHT_SPEED,
};

/*
 * Appends advice of @kind. Takes @text over, NULL means out of memory, and *@devices if @devices is
 * not NULL. 0 or -ENOMEM.
 */
int report_part_add(struct report_card *card, const struct report_advice *kind, char ***devices,
		    char *text) _must_check_;
void report_part_free_advice(struct report_advice *advice);
DEFINE_CLEANUP(struct report_advice *, report_part_free_advicep, report_part_free_advice)
/* Returns "A, B, C and 3 more"; the caller frees it. NULL when out of memory. */
char *report_part_list(char *const *devices) _must_check_;

/* Returns whether @device could be assigned: a PCI function that is no bridge. */
bool report_part_is_endpoint(const struct device *device);
/* Returns whether the IOMMU group of @device has memory that the firmware reserves. */
bool report_part_has_reserved(const struct inventory *inv, const struct device *device);
/* A host and what is known of its models. */
struct report_host {
	const struct inventory *inv;
	const struct vec *quirks; /* struct quirk; NULL: none */
};

enum report_reset {
	REPORT_RESET_OWN,  /* one that reaches this function alone */
	REPORT_RESET_WIDE, /* only those that reach its neighbours or its other functions too */
	REPORT_RESET_NONE,
	REPORT_RESET_UNKNOWN, /* the recording does not show all */
};

/*
 * Finds the best reset of @device, if one user had all devices: resets that a quirk forbids do not
 * count. 0 or -ENOMEM.
 */
int report_part_judge_reset(const struct report_host *host, const struct device *device,
			    enum report_reset *ret) _must_check_;
