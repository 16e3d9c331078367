/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/group-def.h"
#include "policy/devinfo/quirks.h"
#include "policy/plan/reset-plan.h"
#include "policy/plan/reset-scope.h"

/* What stands behind the decisions on one device. */
struct reset_context {
	const struct reset_plan_request *request;
	const struct device *device;
	struct vec quirks; /* struct quirk, not owned: about this device */
	struct reset_plan *plan;
};

/* --- attempts --- */

static const char *reset_plan_known_method(const char *word)
{
	for (const char *const *name = group_def_reset_methods; *name; name++)
		if (str_eq(*name, word))
			return *name;
	if (str_eq(word, RESET_PLAN_HOT))
		return RESET_PLAN_HOT;
	return str_eq(word, RESET_PLAN_KERNEL) ? RESET_PLAN_KERNEL : NULL;
}

char *reset_plan_format_attempt(const struct reset_attempt *attempt)
{
	_cleanup_free_ char *delay =
		attempt->delay_ms ? str_printf(" delay-ms=%u", attempt->delay_ms) : strdup("");

	return delay ? str_printf("%s%s%s", attempt->method,
				  attempt->nvme_shutdown ? " nvme-shutdown" : "", delay) :
		       NULL;
}

static int reset_plan_parse_word(const char *word, struct reset_attempt *attempt)
{
	const char *delay = str_starts(word, "delay-ms=") ? word + strlen("delay-ms=") : NULL;

	if (!attempt->method) {
		attempt->method = reset_plan_known_method(word);
		return attempt->method ? 0 : -EINVAL;
	}
	if (delay)
		return str_parse_uint(delay, &attempt->delay_ms) < 0 ? -EINVAL : 0;
	attempt->nvme_shutdown = str_eq(word, "nvme-shutdown");
	return attempt->nvme_shutdown ? 0 : -EINVAL;
}

int reset_plan_parse_attempt(const char *text, struct reset_attempt *ret)
{
	_cleanup_strv_ char **words = NULL;
	struct reset_attempt attempt = { 0 };
	int r = strv_split(text, " ", &words);

	STRV_FOREACH(word, words)
		if (r >= 0)
			r = reset_plan_parse_word(*word, &attempt);
	if (r < 0 || !attempt.method)
		return r < 0 ? r : -EINVAL;
	*ret = attempt;
	return 0;
}

static bool reset_plan_has_method(const struct reset_plan *plan, const char *method)
{
	VEC_FOREACH(const struct reset_attempt, attempt, &plan->attempts)
		if (str_eq(attempt->method, method))
			return true;
	return false;
}

/* The kernel's own way with a device does what the quirk asks for; a quirk of the function knows
 * nothing of its bus. */
static struct reset_attempt reset_plan_make_attempt(const struct reset_context *reset_context,
						    const char *method)
{
	struct reset_attempt attempt = { .method = reset_plan_known_method(method) };

	if (str_eq(method, "device_specific"))
		return attempt;
	VEC_FOREACH(const struct quirk, quirk, &reset_context->quirks) {
		attempt.nvme_shutdown = attempt.nvme_shutdown || quirk->nvme_shutdown;
		if (quirk->delay_ms > attempt.delay_ms)
			attempt.delay_ms = quirk->delay_ms;
	}
	return attempt;
}

static int reset_plan_add_attempt(struct reset_context *reset_context, const char *method)
{
	struct reset_attempt *copy;

	if (reset_plan_has_method(reset_context->plan, method))
		return 0;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = reset_plan_make_attempt(reset_context, method);
	if (vec_add(&reset_context->plan->attempts, copy) >= 0)
		return 0;
	free(copy);
	return -ENOMEM;
}

static bool reset_plan_has_refusal(const struct reset_plan *plan, const char *method)
{
	VEC_FOREACH(const struct reset_refusal, refusal, &plan->refused)
		if (str_eq(refusal->method, method))
			return true;
	return false;
}

/* Takes @why over. */
static int reset_plan_add_refusal(struct reset_context *reset_context, const char *method,
				  char *why)
{
	struct reset_refusal *refusal;

	if (why && reset_plan_has_refusal(reset_context->plan, method)) {
		free(why);
		return 0;
	}
	refusal = why ? calloc(1, sizeof(*refusal)) : NULL;
	if (refusal) {
		refusal->method = reset_plan_known_method(method);
		refusal->why = why;
		if (vec_add(&reset_context->plan->refused, refusal) >= 0)
			return 0;
	}
	free(refusal);
	free(why);
	return -ENOMEM;
}

/* --- what may not be used --- */

/* By no way of resetting the bus may a device be hit that does not survive one of them. */
static bool reset_plan_is_never(const struct quirk *quirk, const char *method)
{
	enum reset_scope_reach reach = reset_scope_of_method(method);

	if (reach == RESET_SCOPE_BUS || reach == RESET_SCOPE_SLOT)
		return strv_contains(quirk->never, "bus") || strv_contains(quirk->never, method);
	return strv_contains(quirk->never, method);
}

static const struct quirk *reset_plan_find_never(const struct reset_plan_request *request,
						 const struct device *device, const char *method)
{
	if (request->quirks)
		VEC_FOREACH(const struct quirk, quirk, request->quirks)
			if (reset_plan_is_never(quirk, method) && quirks_match(quirk, device))
				return quirk;
	return NULL;
}

static bool reset_plan_is_claimed(const struct reset_plan_request *request,
				  const struct device *device)
{
	return vec_find_sorted(request->claimed, device, device_cmp, NULL) >= 0;
}

static char *reset_plan_why_neighbour(const struct device *other)
{
	return str_printf("it would also reset %s (%s), which is not in the group", other->key,
			  str_or(other->driver, "no driver"));
}

static char *reset_plan_why_quirk(const struct reset_context *reset_context,
				  const struct device *other, const struct quirk *quirk)
{
	return str_printf("%s%s%s (quirk %s)", other == reset_context->device ? "" : other->key,
			  other == reset_context->device ? "" : " does not bear it: ", quirk->text,
			  quirk->name);
}

/* Virtual functions are gone by then: with the host driver, or before a release has got to resets
 * (plan.c). */
static bool reset_plan_is_own_vf(const struct device *device, const struct device *other)
{
	return str_eq(other->physfn, device->key);
}

/* Why @method must not be used on the device, in *ret; NULL there: it may. The neighbour goes
 * first. */
static int reset_plan_find_objection(const struct reset_context *reset_context, const char *method,
				     const struct vec *scope, char **ret)
{
	VEC_FOREACH(const struct device, other, scope)
		if (!reset_plan_is_claimed(reset_context->request, other) &&
		    !reset_plan_is_own_vf(reset_context->device, other)) {
			*ret = reset_plan_why_neighbour(other);
			return *ret ? 0 : -ENOMEM;
		}
	VEC_FOREACH(const struct device, other, scope) {
		const struct quirk *quirk =
			reset_plan_find_never(reset_context->request, other, method);

		if (quirk) {
			*ret = reset_plan_why_quirk(reset_context, other, quirk);
			return *ret ? 0 : -ENOMEM;
		}
	}
	*ret = NULL;
	return 0;
}

/* --- ways --- */

/* The kernel resets a bus for one function only when that is alone on it. */
static bool reset_plan_has_sibling(const struct device *device, const struct vec *scope)
{
	struct pciaddr own, addr;

	if (pciaddr_parse(device->address, &own) < 0)
		return false;
	VEC_FOREACH(const struct device, other, scope)
		if (other != device && !reset_plan_is_own_vf(device, other) &&
		    pciaddr_parse(other->address, &addr) >= 0 && addr.domain == own.domain &&
		    addr.bus == own.bus)
			return true;
	return false;
}

/* What the kernel is asked to do when @method is wanted; NULL: it offers nothing of the kind. */
static const char *reset_plan_kernel_method(const struct device *device, const char *method,
					    const struct vec *scope)
{
	bool slot = str_eq(method, "slot");

	if (!slot && !str_eq(method, "bus"))
		return strv_contains(device->reset_methods, method) ?
			       reset_plan_known_method(method) :
			       NULL;
	if (!device->parent || device->physfn)
		return NULL;
	if (reset_plan_has_sibling(device, scope))
		return RESET_PLAN_HOT;
	/* the kernel's "bus" is that of the slot where there is one that can */
	return strv_contains(device->reset_methods, "bus") ? "bus" : NULL;
}

static int reset_plan_consider(struct reset_context *reset_context, const char *method,
			       bool asked_for)
{
	_cleanup_vec_ struct vec scope = { 0 };
	char *objection = NULL;
	const char *means;
	int r = reset_scope_devices(reset_context->request->inv, reset_context->device, method,
				    &scope);

	if (r < 0)
		return r;
	means = reset_plan_kernel_method(reset_context->device, method, &scope);
	if (!means)
		return asked_for ? reset_plan_add_refusal(reset_context, method,
							  strdup("the kernel does not offer it")) :
				   0;
	r = reset_plan_find_objection(reset_context, method, &scope, &objection);
	if (r < 0)
		return r;
	return objection ? reset_plan_add_refusal(reset_context, method, objection) :
			   reset_plan_add_attempt(reset_context, means);
}

/* In the kernel's order, but those that a quirk knows to be better go first; then that of the bus.
 */
static int reset_plan_consider_all(struct reset_context *reset_context)
{
	const struct device *device = reset_context->device;
	int r = 0;

	VEC_FOREACH(const struct quirk, quirk, &reset_context->quirks)
		STRV_FOREACH(method, quirk->prefer)
			if (r >= 0)
				r = reset_plan_consider(reset_context, *method, false);
	STRV_FOREACH(method, device->reset_methods)
		if (r >= 0 && reset_plan_known_method(*method))
			r = reset_plan_consider(reset_context, *method, false);
	if (r >= 0 && !device->reset_methods && !device->no_reset)
		return reset_plan_add_attempt(reset_context, RESET_PLAN_KERNEL);
	return r < 0 || strv_contains(device->reset_methods, "bus") ?
		       r :
		       reset_plan_consider(reset_context, "bus", false);
}

int reset_plan_device(const struct reset_plan_request *request, const struct device *device,
		      struct reset_plan *ret)
{
	_cleanup_reset_plan_ struct reset_plan plan = { .device = device };
	_cleanup_vec_ struct vec quirks = { 0 };
	struct reset_context reset_context = { .request = request,
					       .device = device,
					       .plan = &plan };
	int r = request->quirks ? quirks_find(request->quirks, device, &quirks) : 0;

	if (r < 0)
		return r;
	reset_context.quirks = quirks;
	if (!request->methods)
		r = reset_plan_consider_all(&reset_context);
	STRV_FOREACH(method, request->methods)
		if (r >= 0)
			r = reset_plan_consider(&reset_context, *method, true);
	if (r < 0)
		return r;
	*ret = plan;
	plan = (struct reset_plan){ 0 };
	return 0;
}

static void *reset_plan_attempt_free(void *data)
{
	free(data);
	return NULL;
}

static void *reset_plan_refusal_free(void *data)
{
	struct reset_refusal *refusal = data;

	free(refusal->why);
	free(refusal);
	return NULL;
}

void reset_plan_clear(struct reset_plan *plan)
{
	vec_clear(&plan->attempts, reset_plan_attempt_free);
	vec_clear(&plan->refused, reset_plan_refusal_free);
}

/* --- of a group --- */

static void *reset_plan_free(void *data)
{
	reset_plan_clear(data);
	free(data);
	return NULL;
}

void reset_plans_clear(struct vec *plans)
{
	vec_clear(plans, reset_plan_free);
}

static int reset_plan_add(const struct reset_plan_request *request, const struct device *device,
			  struct vec *plans)
{
	struct reset_plan *plan = calloc(1, sizeof(*plan));
	int r = plan ? reset_plan_device(request, device, plan) : -ENOMEM;

	if (r >= 0)
		r = vec_add(plans, plan);
	if (r < 0 && plan)
		reset_plan_free(plan);
	return r;
}

int reset_plan_all(const struct reset_plan_request *request, struct vec *ret)
{
	_cleanup_reset_plans_ struct vec plans = { 0 };
	int r = 0;

	VEC_FOREACH(const struct device, device, request->claimed)
		if (r >= 0 && device_is_pci(device) && !device_is_bridge(device))
			r = reset_plan_add(request, device, &plans);
	if (r < 0)
		return r;
	*ret = plans;
	plans = (struct vec){ 0 };
	return 0;
}

const struct reset_plan *reset_plan_find(const struct vec *plans, const struct device *device)
{
	VEC_FOREACH(const struct reset_plan, plan, plans)
		if (plan->device == device)
			return plan;
	return NULL;
}

int reset_plan_format(const struct reset_plan *plan, char ***ret)
{
	_cleanup_strv_ char **list = NULL;

	VEC_FOREACH(const struct reset_attempt, attempt, &plan->attempts) {
		_cleanup_free_ char *text = reset_plan_format_attempt(attempt);

		if (!text || strv_add(&list, text) < 0)
			return -ENOMEM;
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

char *reset_plan_why_none(const struct reset_plan *plan)
{
	_cleanup_strv_ char **reasons = NULL;

	VEC_FOREACH(const struct reset_refusal, refusal, &plan->refused) {
		_cleanup_free_ char *one = str_printf("%s: %s", refusal->method, refusal->why);

		if (!one || strv_add(&reasons, one) < 0)
			return NULL;
	}
	return reasons ? strv_join(reasons, "; ") : strdup("the kernel offers no reset of it");
}
