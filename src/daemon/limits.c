/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Compares counts of claims with the limits. */

#include "daemon/limits.h"

static bool limits_refuse(struct refusal *ret, const char *what, unsigned limit, const char *whose)
{
	return refusal_set(ret, REFUSED_LIMIT,
			   "%s has reached its limit of %u claims %s. Release one first, or raise "
			   "the limit with an option of devgroupd(8).",
			   whose, limit, what);
}

bool limits_check(const struct limits *limits, const struct limits_count *own,
		  const struct limits_count *all, unsigned n, bool wait,
		  struct refusal *ret_refusal)
{
	if (own->leases + own->waiting + n > limits->leases_per_user)
		return limits_refuse(ret_refusal, "held or waiting", limits->leases_per_user,
				     "This user");
	if (all->leases + all->waiting + n > limits->leases)
		return limits_refuse(ret_refusal, "held or waiting", limits->leases, "This host");
	if (wait && own->waiting + n > limits->waiting_per_user)
		return limits_refuse(ret_refusal, "waiting", limits->waiting_per_user, "This user");
	if (wait && all->waiting + n > limits->waiting)
		return limits_refuse(ret_refusal, "waiting", limits->waiting, "This host");
	return true;
}
