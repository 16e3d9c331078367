/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Chooses the ways to reset a device: the kernel's methods, less those that would hit a device
 * outside the claim or that a quirk forbids.
 */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "policy/devinfo/quirks.h"
#include "policy/plan/reset-objection.h"
#include "policy/plan/reset-plan.h"
#include "policy/plan/reset-scope.h"

/* The input and the result of the decisions on one device. */
struct reset_context {
	const struct reset_plan_request *request;
	const struct device *device;
	struct vec quirks; /* struct quirk, not owned: those of this device */
	struct reset_plan *plan;
};

/* --- attempts --- */

static bool reset_plan_has_method(const struct reset_plan *plan, const char *method)
{
	VEC_FOREACH(const struct reset_attempt, attempt, &plan->attempts)
		if (str_eq(attempt->method, method))
			return true;
	return false;
}

/*
 * Returns an attempt with the delay and the NVMe shutdown that quirks ask for. The device-specific
 * method of the kernel does both itself.
 */
static struct reset_attempt reset_plan_make_attempt(const struct reset_context *ctx,
						    const char *method)
{
	struct reset_attempt attempt = { .method = reset_attempt_find_method(method) };

	if (str_eq(method, "device_specific"))
		return attempt;
	VEC_FOREACH(const struct quirk, quirk, &ctx->quirks) {
		attempt.nvme_shutdown |= quirk->nvme_shutdown;
		if (quirk->delay_ms > attempt.delay_ms)
			attempt.delay_ms = quirk->delay_ms;
	}
	return attempt;
}

static int reset_plan_add_attempt(struct reset_context *ctx, const char *method)
{
	_cleanup_free_ struct reset_attempt *attempt = NULL;
	int r;

	if (reset_plan_has_method(ctx->plan, method))
		return 0;
	attempt = malloc(sizeof(*attempt));
	if (!attempt)
		return -ENOMEM;
	*attempt = reset_plan_make_attempt(ctx, method);
	r = vec_add(&ctx->plan->attempts, attempt);
	if (r < 0)
		return r;
	attempt = NULL;
	return 0;
}

static void reset_refusal_free(struct reset_refusal *refusal)
{
	if (!refusal)
		return;
	free(refusal->why);
	free(refusal);
}

DEFINE_CLEANUP(struct reset_refusal *, reset_refusal_freep, reset_refusal_free)

static bool reset_plan_has_refusal(const struct reset_plan *plan, const char *method)
{
	VEC_FOREACH(const struct reset_refusal, refusal, &plan->refused)
		if (str_eq(refusal->method, method))
			return true;
	return false;
}

/*
 * Adds a copy of @refusal, whose text is moved there. Keeps the first refusal of a method. 0 or
 * -ENOMEM.
 */
static int reset_plan_add_refusal(struct reset_context *ctx, const char *method,
				  struct reset_refusal *refusal)
{
	_cleanup_free_ char *why = TAKE_PTR(refusal->why);
	_cleanup_(reset_refusal_freep) struct reset_refusal *copy = NULL;
	int r;

	if (reset_plan_has_refusal(ctx->plan, method))
		return 0;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *refusal;
	copy->method = reset_attempt_find_method(method);
	copy->why = TAKE_PTR(why);
	r = vec_add(&ctx->plan->refused, copy);
	if (r < 0)
		return r;
	copy = NULL;
	return 0;
}

/* Refuses @method, or any other one for RESET_ATTEMPT_KERNEL. */
static int reset_plan_refuse_unoffered(struct reset_context *ctx, const char *method)
{
	bool unsure = ctx->device->more_resets;
	struct reset_refusal refusal = {
		.kind = unsure ? RESET_NOT_KNOWN : RESET_NOT_OFFERED,
		.why = strdup(unsure ? "this recording does not show whether the kernel offers it" :
				       "the kernel does not offer it"),
	};

	return refusal.why ? reset_plan_add_refusal(ctx, method, &refusal) : -ENOMEM;
}

/* --- methods --- */

/*
 * Returns whether another function is on the same bus. The kernel then refuses the bus reset of one
 * function.
 */
static bool reset_plan_has_sibling(const struct device *device, const struct vec *scope)
{
	struct pciaddr own, addr;

	if (pciaddr_parse(device->address, &own) < 0)
		return false;
	VEC_FOREACH(const struct device, other, scope)
		if (other != device && !reset_scope_is_own_vf(device, other) &&
		    pciaddr_parse(other->address, &addr) >= 0 && addr.domain == own.domain &&
		    addr.bus == own.bus)
			return true;
	return false;
}

/*
 * Returns the method for a reset of the whole bus: the one of the kernel, or the hot reset of VFIO
 * if the bus has several functions. NULL: there is none.
 */
static const char *reset_plan_kernel_bus_method(const struct device *device,
						const struct vec *scope)
{
	if (!device->parent || device->physfn)
		return NULL;
	if (reset_plan_has_sibling(device, scope))
		return RESET_ATTEMPT_HOT;
	/* "bus" of the kernel means the slot where the slot has a reset */
	return strv_contains(device->reset_methods, "bus") ? "bus" : NULL;
}

/* Returns the method to request from the kernel or VFIO for @method, or NULL if there is none. */
static const char *reset_plan_kernel_method(const struct device *device, const char *method,
					    const struct vec *scope)
{
	if (str_eq(method, "slot") || str_eq(method, "bus"))
		return reset_plan_kernel_bus_method(device, scope);
	if (!strv_contains(device->reset_methods, method))
		return NULL;
	return reset_attempt_find_method(method);
}

/* Adds the way @way, or the reason against it. @scope: the devices that it reaches. */
static int reset_plan_judge(struct reset_context *ctx, const char *method, const char *way,
			    const struct vec *scope)
{
	const struct reset_objection_question question = { ctx->request, ctx->device, method, way,
							   scope };
	struct reset_refusal refusal = { 0 };
	int r = reset_objection_find(&question, &refusal);

	if (r < 0)
		return r;
	if (r > 0)
		return reset_plan_add_refusal(ctx, method, &refusal);
	return reset_plan_add_attempt(ctx, way);
}

static int reset_plan_consider(struct reset_context *ctx, const char *method, bool asked_for)
{
	_cleanup_vec_ struct vec scope = { 0 };
	const char *way;
	int r = reset_scope_devices(ctx->request->inv, ctx->device, method, &scope);

	if (r < 0)
		return r;
	way = reset_plan_kernel_method(ctx->device, method, &scope);
	if (way)
		return reset_plan_judge(ctx, method, way, &scope);
	return asked_for ? reset_plan_refuse_unoffered(ctx, method) : 0;
}

/* Leaves the choice of the method to the kernel. */
static int reset_plan_consider_kernel(struct reset_context *ctx)
{
	static const struct vec no_others;

	return reset_plan_judge(ctx, RESET_ATTEMPT_KERNEL, RESET_ATTEMPT_KERNEL, &no_others);
}

/* Tries the methods that quirks prefer. */
static int reset_plan_consider_preferred(struct reset_context *ctx)
{
	VEC_FOREACH(const struct quirk, quirk, &ctx->quirks) {
		STRV_FOREACH(method, quirk->prefer) {
			int r = reset_plan_consider(ctx, *method, false);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* Tries the methods of the request, in its order. */
static int reset_plan_consider_asked(struct reset_context *ctx)
{
	STRV_FOREACH(method, ctx->request->methods) {
		int r = reset_plan_consider(ctx, *method, true);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Tries the methods that quirks prefer, then those of the kernel in its order, then the bus. */
static int reset_plan_consider_all(struct reset_context *ctx)
{
	const struct device *device = ctx->device;
	int r = reset_plan_consider_preferred(ctx);

	if (r < 0)
		return r;
	if (!device->reset_methods && !device->no_reset && !device->more_resets)
		return reset_plan_consider_kernel(ctx);
	STRV_FOREACH(method, device->reset_methods) {
		if (!reset_attempt_find_method(*method))
			continue;
		r = reset_plan_consider(ctx, *method, false);
		if (r < 0)
			return r;
	}
	if (!strv_contains(device->reset_methods, "bus")) {
		r = reset_plan_consider(ctx, "bus", false);
		if (r < 0)
			return r;
	}
	if (!device->more_resets)
		return 0;
	return reset_plan_refuse_unoffered(ctx, RESET_ATTEMPT_KERNEL);
}

int reset_plan_device(const struct reset_plan_request *request, const struct device *device,
		      struct reset_plan *ret)
{
	_cleanup_reset_plan_ struct reset_plan plan = { .device = device };
	_cleanup_vec_ struct vec quirks = { 0 };
	struct reset_context ctx = { .request = request, .device = device, .plan = &plan };
	int r;

	if (request->quirks) {
		r = quirks_find(request->quirks, device, &quirks);
		if (r < 0)
			return r;
	}
	ctx.quirks = quirks;
	if (request->methods)
		r = reset_plan_consider_asked(&ctx);
	else
		r = reset_plan_consider_all(&ctx);
	if (r < 0)
		return r;
	*ret = TAKE_STRUCT(plan);
	return 0;
}

bool reset_plan_has_own(const struct reset_plan_request *request, const struct device *device)
{
	STRV_FOREACH(method, device->reset_methods) {
		enum reset_scope_reach reach = reset_scope_of_method(*method);

		if (reach == RESET_SCOPE_BUS || reach == RESET_SCOPE_SLOT ||
		    !reset_attempt_find_method(*method) ||
		    (request->methods && !strv_contains(request->methods, *method)))
			continue;
		if (!reset_objection_is_forbidden(request, device, *method))
			return true;
	}
	return false;
}

static DEFINE_VEC_CLEAR(reset_plan_clear_attempts, struct reset_attempt, free)
static DEFINE_VEC_CLEAR(reset_plan_clear_refused, struct reset_refusal, reset_refusal_free)

void reset_plan_clear(struct reset_plan *plan)
{
	reset_plan_clear_attempts(&plan->attempts);
	reset_plan_clear_refused(&plan->refused);
}

/* --- all devices of a claim --- */

static void reset_plan_free(struct reset_plan *plan)
{
	if (!plan)
		return;
	reset_plan_clear(plan);
	free(plan);
}

DEFINE_CLEANUP(struct reset_plan *, reset_plan_freep, reset_plan_free)

DEFINE_VEC_CLEAR(reset_plans_clear, struct reset_plan, reset_plan_free)

static int reset_plan_add(const struct reset_plan_request *request, const struct device *device,
			  struct vec *plans)
{
	_cleanup_(reset_plan_freep) struct reset_plan *plan = calloc(1, sizeof(*plan));
	int r;

	if (!plan)
		return -ENOMEM;
	r = reset_plan_device(request, device, plan);
	if (r < 0)
		return r;
	r = vec_add(plans, plan);
	if (r < 0)
		return r;
	plan = NULL;
	return 0;
}

int reset_plan_all(const struct reset_plan_request *request, struct vec *ret)
{
	_cleanup_reset_plans_ struct vec plans = { 0 };

	VEC_FOREACH(const struct device, device, request->claimed) {
		int r;

		if (!device_is_pci(device) || device_is_bridge(device))
			continue;
		r = reset_plan_add(request, device, &plans);
		if (r < 0)
			return r;
	}
	*ret = TAKE_STRUCT(plans);
	return 0;
}

int reset_plan_format(const struct reset_plan *plan, char ***ret)
{
	_cleanup_strv_ char **list = NULL;

	VEC_FOREACH(const struct reset_attempt, attempt, &plan->attempts) {
		_cleanup_free_ char *text = reset_attempt_format(attempt);
		int r;

		if (!text)
			return -ENOMEM;
		r = strv_add(&list, text);
		if (r < 0)
			return r;
	}
	strv_free(*ret);
	*ret = TAKE_PTR(list);
	return 0;
}

const struct reset_plan *reset_plan_find_empty(const struct vec *plans)
{
	VEC_FOREACH(const struct reset_plan, plan, plans)
		if (plan->attempts.n == 0)
			return plan;
	return NULL;
}

bool reset_plan_is_unsure(const struct reset_plan *plan)
{
	VEC_FOREACH(const struct reset_refusal, refusal, &plan->refused)
		if (refusal->kind == RESET_NOT_KNOWN)
			return true;
	return false;
}

char *reset_plan_why_none(const struct reset_plan *plan)
{
	_cleanup_strv_ char **reasons = NULL;

	if (reset_plan_is_unsure(plan))
		return strdup("this recording does not show all resets that the kernel offers");
	if (plan->refused.n == 0)
		return strdup("the kernel offers no reset of it");
	VEC_FOREACH(const struct reset_refusal, refusal, &plan->refused) {
		_cleanup_free_ char *one = str_printf("%s: %s", refusal->method, refusal->why);

		if (!one || strv_add(&reasons, one) < 0)
			return NULL;
	}
	return strv_join(reasons, "; ");
}
