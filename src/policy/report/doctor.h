/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Checks whether a host can assign devices at all, as far as its inventory shows. */

#include "model/inventory.h"

enum finding_level {
	FINDING_OK,
	FINDING_HINT, /* an improvement, or good to know */
	FINDING_WARN, /* works with a risk or a limit */
	FINDING_FAIL, /* no group can be claimed, or some cannot */
};

struct finding {
	enum finding_level level;
	const char *subject; /* "iommu", "interrupts", … */
	char *text;	     /* the state, and what to do */
};

/* Returns "ok", "hint", "warning" or "failure". Static. */
const char *doctor_level_to_string(enum finding_level level);

/*
 * Appends a finding; takes @text over, NULL means out of memory. @subject is static. 0 or -ENOMEM.
 */
int doctor_add_finding(struct vec *findings, enum finding_level level, const char *subject,
		       char *text) _must_check_;
void doctor_clear_findings(struct vec *findings);
#define _cleanup_findings_ _cleanup_(doctor_clear_findings)

/* Appends the findings about @inv. 0 or -ENOMEM. */
int doctor_check(const struct inventory *inv, struct vec *findings) _must_check_;
