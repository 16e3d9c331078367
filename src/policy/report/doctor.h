/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether a host can lend devices at all, as far as its inventory tells. */

#include "model/inventory.h"

enum finding_level {
	FINDING_OK,
	FINDING_HINT, /* something that could be better, or is good to know */
	FINDING_WARN, /* works, but not as it should */
	FINDING_FAIL, /* nothing can be claimed, or not everything */
};

struct finding {
	enum finding_level level;
	const char *subject; /* "iommu", "interrupts", … */
	char *text;	     /* what is so, and what to do about it */
};

const char *doctor_level_to_string(
	enum finding_level level); /* "ok", "hint", "warning", "failure" */

/* Appends to @findings; @text is taken over. 0 or -ENOMEM. */
int doctor_add_finding(struct vec *findings, enum finding_level level, const char *subject,
		       char *text) _must_check_;
void doctor_clear_findings(struct vec *findings);
#define _cleanup_findings_ _cleanup_(doctor_clear_findings)

/* Appends what there is to say of @inv. 0 or -ENOMEM. */
int doctor_check(const struct inventory *inv, struct vec *findings) _must_check_;
