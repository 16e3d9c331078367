/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How many claims one user, and all users together, may have. Root has no limit of its own. */

#include <stdbool.h>
#include <sys/types.h>

#include "base/macro.h"
#include "daemon/refusal.h"

struct limits {
	unsigned leases_per_user, leases;   /* claimed, or waiting to be */
	unsigned waiting_per_user, waiting; /* claims in line; polkit queries likewise */
};

#define LIMITS_DEFAULT                                                                         \
	(struct limits)                                                                        \
	{                                                                                      \
		.leases_per_user = 64, .leases = 1000, .waiting_per_user = 32, .waiting = 1000 \
	}

/* The claims that there are. */
struct limits_count {
	unsigned leases, waiting;
};

/*
 * Tells whether a user with the claims @own may have @n more, beside @all of this host; @wait:
 * they wait in line. False: *ret_refusal names the limit.
 */
bool limits_check(const struct limits *limits, const struct limits_count *own,
		  const struct limits_count *all, unsigned n, bool wait,
		  struct refusal *ret_refusal) _must_check_;
