/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How much one user, and all of them together, may have under way. Root has no limit of its own. */

#include <stdbool.h>
#include <sys/types.h>

#include "base/macro.h"
#include "daemon/refusal.h"

struct registry;

struct limits {
	unsigned leases_per_user, leases;   /* claimed, or waiting to be */
	unsigned waiting_per_user, waiting; /* claims in line; also calls that wait for polkit */
};

#define LIMITS_DEFAULT                                                                         \
	(struct limits)                                                                        \
	{                                                                                      \
		.leases_per_user = 64, .leases = 1000, .waiting_per_user = 32, .waiting = 1000 \
	}

/* May @uid have @n more claims, that have to @wait in line? False: *ret_refusal says which limit it
 * is. */
bool limits_check(const struct registry *registry, uid_t uid, unsigned n, bool wait,
		  struct refusal *ret_refusal) _must_check_;
