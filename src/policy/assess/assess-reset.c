/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Rules on resets: whether each device can be brought into a known state, and which other devices a
 * reset would reach.
 */

#include <errno.h>

#include "base/str.h"
#include "base/strv.h"
#include "policy/assess/assess-private.h"
#include "policy/plan/reset-plan.h"
#include "policy/plan/reset-scope.h"

enum verdict {
	RESET_WORKS, /* or it is not known that it does not */
	RESET_MISSING,
	RESET_REACHES,
};

/*
 * Lists the other devices that a reset of the bus of @device would hit outside the group. The
 * caller drops *ret. 0 or -ENOMEM.
 */
static int assess_reset_find_outside(const struct assessment *ctx, const struct device *device,
				     struct vec *ret)
{
	_cleanup_vec_ struct vec below = { 0 };

	if (reset_scope_devices(ctx->assess->inv, device, "bus", &below) < 0)
		return -ENOMEM;
	VEC_FOREACH(struct device, other, &below)
		if (!resolved_group_has(ctx->resolved, other) &&
		    !reset_scope_is_own_vf(device, other) && vec_add(ret, other) < 0)
			return -ENOMEM;
	return 0;
}

/*
 * Returns whether the group's file requires a reset that only VFIO could do and does not. Without
 * that requirement the device keeps its state.
 */
static bool assess_reset_lacks_required(const struct device *device, const struct group_def *def)
{
	return device_bus_find(device->bus)->reset_module && device->compatible &&
	       !device->reset_driver &&
	       (def->reset_before == RESET_REQUIRE || def->reset_after == RESET_REQUIRE);
}

static bool assess_reset_is_wanted(const struct group_def *def)
{
	return def->reset_before != RESET_NONE || def->reset_after != RESET_NONE;
}

static bool assess_reset_is_endpoint(const struct device *device)
{
	return device_is_pci(device) && !device_is_bridge(device);
}

static enum verdict assess_reset_judge_plan(const struct reset_plan *plan)
{
	if (plan->attempts.n > 0 || reset_plan_is_unsure(plan))
		return RESET_WORKS;
	VEC_FOREACH(const struct reset_refusal, refusal, &plan->refused)
		if (refusal->kind == RESET_REACHES_OTHERS)
			return RESET_REACHES;
	return RESET_MISSING;
}

/*
 * Judges the resets that a claim of the group would plan. *ret_plan has them if they all reach
 * other functions, or are refused; the caller clears it. 0 or -ENOMEM.
 */
static int assess_reset_judge(const struct assessment *ctx, const struct device *device,
			      enum verdict *ret, struct reset_plan *ret_plan)
{
	const struct group_def *def = ctx->def;
	const struct reset_plan_request request = {
		.inv = ctx->assess->inv,
		.quirks = ctx->assess->quirks,
		.claimed = &ctx->resolved->devices,
		.methods = def->reset_methods,
	};
	int r;

	if (!assess_reset_is_endpoint(device) || !assess_reset_is_wanted(def)) {
		*ret = assess_reset_lacks_required(device, def) ? RESET_MISSING : RESET_WORKS;
		return 0;
	}
	if (reset_plan_has_own(&request, device)) {
		*ret = RESET_WORKS;
		return 0;
	}
	r = reset_plan_device(&request, device, ret_plan);
	if (r < 0)
		return r;
	*ret = assess_reset_judge_plan(ret_plan);
	return 0;
}

/* Names each way that is left out, with a word or two for the reason. */
static char *assess_reset_name_refusal(const void *things, size_t i)
{
	const struct vec *refused = things;
	const struct reset_refusal *refusal = refused->items[i];

	switch (refusal->kind) {
	case RESET_HAS_BRIDGE:
		return str_printf("%s: a bridge is on its bus", refusal->method);
	case RESET_FORBIDDEN:
		return str_printf("%s: forbidden by the quirk %s", refusal->method,
				  refusal->quirk->name);
	case RESET_NOT_OFFERED:
	case RESET_REACHES_OTHERS:
	case RESET_NOT_KNOWN:
		break;
	}
	return str_printf("%s: not offered", refusal->method);
}

static int assess_reset_block_missing(const struct assessment *ctx, const struct device *device,
				      const struct reset_plan *plan)
{
	_cleanup_free_ char *list =
		assess_rule_list(plan->refused.n, assess_reset_name_refusal, &plan->refused);
	bool any = plan->refused.n > 0;

	if (!list)
		return -ENOMEM;
	return assess_rule_block(
		ctx, device,
		"%s cannot be reset%s%s%s%s: the next user finds it as the previous one left it. "
		"Set \"reset\" to \"none\" in the file of the group to accept that.",
		device->key, ctx->def->reset_methods ? " by the methods that the group allows" : "",
		any ? " (" : "", list, any ? ")" : "");
}

int assess_reset_missing(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		_cleanup_reset_plan_ struct reset_plan plan = { 0 };
		enum verdict verdict;
		int r = assess_reset_judge(ctx, device, &verdict, &plan);

		if (r < 0)
			return r;
		if (verdict != RESET_MISSING)
			continue;
		r = assess_reset_block_missing(ctx, device, &plan);
		if (r < 0)
			return r;
	}
	return 0;
}

static char *assess_reset_device_name(const void *things, size_t i)
{
	const struct vec *devices = things;
	const struct device *device = devices->items[i];

	return str_printf("%s", device->key);
}

static int assess_reset_block_reaches(const struct assessment *ctx, const struct device *device)
{
	_cleanup_vec_ struct vec outside = { 0 };
	_cleanup_free_ char *list = NULL;
	int r = assess_reset_find_outside(ctx, device, &outside);

	if (r < 0)
		return r;
	list = assess_rule_list(outside.n, assess_reset_device_name, &outside);
	if (!list)
		return -ENOMEM;
	return assess_rule_block(
		ctx, device,
		"The only reset of %s is a bus reset that would also hit devices outside "
		"the group: %s. Add these to the group, or use another slot.",
		device->key, list);
}

int assess_reset_reaches(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		_cleanup_reset_plan_ struct reset_plan plan = { 0 };
		enum verdict verdict;
		int r = assess_reset_judge(ctx, device, &verdict, &plan);

		if (r < 0)
			return r;
		if (verdict != RESET_REACHES)
			continue;
		r = assess_reset_block_reaches(ctx, device);
		if (r < 0)
			return r;
	}
	return 0;
}
