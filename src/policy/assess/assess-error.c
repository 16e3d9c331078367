/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The rule on errors: what has lost its state, or does not answer, is nobody's until it was reset.
 */

#include "policy/assess/assess-private.h"

int assess_error(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		int r;

		if (!error_state_is_lost(device->errors.state))
			continue;
		r = assess_blocked(
			ctx, device,
			"%s %s. Reset it with \"devgroupctl reset %s\"; if that does not "
			"help, power its slot off and on, or take it out.",
			device->key, error_state_explain(device->errors.state), ctx->def->name);
		if (r < 0)
			return r;
	}
	return 0;
}
