/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Rates a machine for device assignment, and advises on the hardware, firmware settings, kernel
 * command line or slots that limit it.
 */

#include "model/inventory.h"

/* The place of a change. */
enum report_place {
	REPORT_FIRMWARE,
	REPORT_KERNEL, /* the command line or the modules */
	REPORT_SLOT,
	REPORT_HARDWARE,
	REPORT_VMM, /* no change of the host: a setting of the VMM */
};

struct report_advice {
	enum report_place place;
	const char *code; /* "no-iommu", "acs-missing-root-port", … */
	char **devices;	  /* keys of the devices that would gain; NULL: all */
	char *text;	  /* the problem, and what to do */
	unsigned weight;  /* a lower weight comes first */
};

/* The number of assignable functions with a quality, out of those where it is known. */
struct report_mark {
	const char *quality; /* "alone", "own-reset", … */
	const char *text;    /* "alone in their IOMMU group" */
	size_t good, of;
};

#define REPORT_MARKS 5

struct report_card {
	struct report_mark marks[REPORT_MARKS];
	struct vec advice; /* struct report_advice, owned; the most effective first */
};

const char *report_card_place_to_string(enum report_place place);

/*
 * Makes the report card of @inv with the knowledge of @quirks (struct quirk; NULL: none); the
 * caller clears it. 0 or -ENOMEM.
 */
int report_card_make(const struct inventory *inv, const struct vec *quirks,
		     struct report_card *ret) _must_check_;
void report_card_clear(struct report_card *card);
#define _cleanup_report_card_ _cleanup_(report_card_clear)
