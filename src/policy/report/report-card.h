/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a whole machine is worth for giving devices away, and what of its hardware,
 * firmware, kernel command line or choice of slots makes it worse than it could be.
 */

#include "model/inventory.h"

/* Where to change something. */
enum report_place {
	REPORT_FIRMWARE,
	REPORT_KERNEL, /* its command line, or its modules */
	REPORT_SLOT,
	REPORT_HARDWARE,
	REPORT_VMM, /* nothing of the host: what who uses the device should know */
};

struct report_advice {
	enum report_place place;
	const char *code; /* "no-iommu", "acs-missing-root-port", … */
	char **devices;	  /* keys: those that would be better off; NULL: all */
	char *text;	  /* what is wrong and what to do */
	unsigned weight;  /* the lower the more it matters */
};

/* How many of the functions that could be given away, and of which that is known, have a quality.
 */
struct report_mark {
	const char *quality; /* "alone", "resettable", … */
	const char *text;    /* "alone in their IOMMU group" */
	size_t good, of;
};

#define REPORT_MARKS 5

struct report_card {
	struct report_mark marks[REPORT_MARKS];
	struct vec advice; /* struct report_advice, owned; the most effective first */
};

const char *report_card_place_to_string(enum report_place place);

/* 0 or -ENOMEM. */
int report_card_make(const struct inventory *inv, struct report_card *ret) _must_check_;
void report_card_clear(struct report_card *card);
#define _cleanup_report_card_ _cleanup_(report_card_clear)
