/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Rules on resets: whether each device can be brought into a known state, and which other devices a
 * reset would reach.
 */

#include <errno.h>

#include "base/str.h"
#include "base/strv.h"
#include "policy/assess/assess-private.h"
#include "policy/plan/reset-scope.h"

enum verdict { RESET_WORKS, RESET_MISSING, RESET_REACHES };

static bool assess_reset_may_use(const struct group_def *def, const char *method)
{
	return !def->reset_methods || strv_contains(def->reset_methods, method);
}

/* Returns whether @device has an allowed reset that reaches no other function. */
static bool assess_reset_is_own(const struct device *device, const struct group_def *def)
{
	/* Linux before 5.15 offers a reset without naming it. A dump of lspci shows nothing. */
	if (!device->reset_methods)
		return !device->no_reset;
	STRV_FOREACH(method, device->reset_methods) {
		enum reset_scope_reach reach = reset_scope_of_method(*method);

		if (reach != RESET_SCOPE_BUS && reach != RESET_SCOPE_SLOT &&
		    assess_reset_may_use(def, *method))
			return true;
	}
	return false;
}

static bool assess_reset_has_bus(const struct device *device)
{
	return strv_contains(device->reset_methods, "bus") ||
	       strv_contains(device->reset_methods, "cxl_bus");
}

/*
 * Judges the reset of the bus, which is the last resort of a function without its own reset. If the
 * function is alone on its bus, the kernel offers that reset or has a reason not to. Otherwise VFIO
 * offers it when one user has all devices on the bus. *ret_outside is filled with the other devices
 * that it reaches; the caller drops it.
 */
static int assess_reset_judge_bus(const struct assessment *ctx, const struct device *device,
				  enum verdict *ret, struct vec *ret_outside)
{
	_cleanup_vec_ struct vec below = { 0 };

	if (!device->parent || device->physfn || !assess_reset_may_use(ctx->def, "bus")) {
		*ret = RESET_MISSING;
		return 0;
	}
	if (reset_scope_devices(ctx->assess->inv, device, "bus", &below) < 0)
		return -ENOMEM;
	if (below.n <= 1) {
		*ret = assess_reset_has_bus(device) ? RESET_WORKS : RESET_MISSING;
		return 0;
	}
	VEC_FOREACH(struct device, other, &below)
		if (!resolved_group_has(ctx->resolved, other) && vec_add(ret_outside, other) < 0)
			return -ENOMEM;
	*ret = ret_outside->n > 0 ? RESET_REACHES : RESET_WORKS;
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

static int assess_reset_judge(const struct assessment *ctx, const struct device *device,
			      enum verdict *ret, struct vec *ret_outside)
{
	const struct group_def *def = ctx->def;

	if (device_is_pci(device) && !device_is_bridge(device) &&
	    !assess_reset_is_own(device, def) && assess_reset_is_wanted(def))
		return assess_reset_judge_bus(ctx, device, ret, ret_outside);
	*ret = assess_reset_lacks_required(device, def) ? RESET_MISSING : RESET_WORKS;
	return 0;
}

int assess_reset_missing(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		_cleanup_vec_ struct vec outside = { 0 };
		enum verdict verdict;
		int r = assess_reset_judge(ctx, device, &verdict, &outside);

		if (r < 0)
			return r;
		if (verdict != RESET_MISSING)
			continue;
		r = assess_rule_block(
			ctx, device,
			"%s cannot be reset%s: the next user finds it as the previous one left it. "
			"Set \"reset\" to \"none\" in the file of the group to accept that.",
			device->key,
			ctx->def->reset_methods ? " by the methods that the group allows" : "");
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

int assess_reset_reaches(const struct assessment *ctx)
{
	VEC_FOREACH(const struct device, device, &ctx->resolved->devices) {
		_cleanup_vec_ struct vec outside = { 0 };
		_cleanup_free_ char *list = NULL;
		enum verdict verdict;
		int r = assess_reset_judge(ctx, device, &verdict, &outside);

		if (r < 0)
			return r;
		if (verdict != RESET_REACHES)
			continue;
		list = assess_rule_list(outside.n, assess_reset_device_name, &outside);
		if (!list)
			return -ENOMEM;
		r = assess_rule_block(
			ctx, device,
			"The only reset of %s is a bus reset that would also hit devices outside "
			"the group: %s. Add these to the group, or use another slot.",
			device->key, list);
		if (r < 0)
			return r;
	}
	return 0;
}
