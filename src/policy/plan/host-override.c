/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/str.h"
#include "policy/plan/host-override.h"
#include "policy/plan/plan.h"

const char *host_override_claimed(const struct record_device *member)
{
	return member->driver ? member->driver : PLAN_NO_DRIVER;
}

const char *host_override_present(const struct device *current, const struct record_device *member)
{
	return current->bind_hangs ? host_override_claimed(member) : current->driver_override;
}

bool host_override_refuses(const struct record_device *member)
{
	return member->host_override && member->host_driver &&
	       !str_eq(member->host_override, member->host_driver);
}

bool host_override_is_known(const struct device *current, const struct record_device *member)
{
	const char *present = host_override_present(current, member);

	return str_eq(present, host_override_claimed(member)) ||
	       str_eq(present, member->host_override) ||
	       (host_override_refuses(member) && str_eq(present, member->host_driver));
}
