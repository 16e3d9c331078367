/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The records that an earlier daemon left in the run directory. */

#include "daemon/leases.h"

struct restart {
	struct registry *registry;   /* not owned */
	const struct leases *leases; /* not owned */
	struct vec bad_records;	     /* struct bad_record, owned: records that cannot be used */
};

/* Continues the lease of each record, or releases its devices. 0 or negative errno. */
int restart_adopt_all(struct restart *restart) _must_check_;

/*
 * Blocks the groups of the unusable records that are still there, and adds their problems. To be
 * called after each load of the definitions. 0 or -ENOMEM.
 */
int restart_report_bad_records(struct restart *restart) _must_check_;

void restart_clear_bad_records(struct restart *restart);
