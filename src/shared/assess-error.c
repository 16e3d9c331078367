/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Floor 2. The rule on errors: what has lost its state, or does not answer, is nobody's until it was reset. */

#include "assess-private.h"

static const char *explain(enum error_state state)
{
	if (state == ERROR_FROZEN)
		return "is cut off from the host after an error";
	if (state == ERROR_FAILED)
		return "had an error that the kernel could not recover it from";
	return "had a fatal error, and its link was reset while it was in use";
}

int assess_error(const struct assessment *now)
{
	VEC_FOREACH(const struct device, device, &now->view->devices) {
		int r;

		if (!error_state_is_lost(device->errors.state))
			continue;
		r = assess_blocked(now, device,
				   "%s %s. Take it out and plug it in again, or power its slot off and "
				   "on; if that does not help, it is broken.",
				   device->key, explain(device->errors.state));
		if (r < 0)
			return r;
	}
	return 0;
}
