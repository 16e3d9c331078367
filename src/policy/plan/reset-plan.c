/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "model/group-def.h"
#include "policy/devinfo/quirks.h"
#include "policy/plan/reset-plan.h"
#include "policy/plan/reset-scope.h"

/* What stands behind the decisions on one device. */
struct making {
	const struct resetplan_request *request;
	const struct device *device;
	struct vec quirks; /* struct quirk, not owned: about this device */
	struct resetplan *plan;
};

/* --- attempts --------------------------------------------------------------------------------- */

static const char *known_method(const char *word)
{
	for (const char *const *name = reset_method_names; *name; name++)
		if (str_eq(*name, word))
			return *name;
	if (str_eq(word, RESET_HOT))
		return RESET_HOT;
	return str_eq(word, RESET_KERNEL) ? RESET_KERNEL : NULL;
}

char *reset_attempt_format(const struct reset_attempt *attempt)
{
	_cleanup_free_ char *delay =
		attempt->delay_ms ? str_printf(" delay-ms=%u", attempt->delay_ms) : strdup("");

	return delay ? str_printf("%s%s%s", attempt->method,
				  attempt->nvme_shutdown ? " nvme-shutdown" : "", delay)
		     : NULL;
}

static int parse_word(const char *word, struct reset_attempt *attempt)
{
	const char *delay = str_starts(word, "delay-ms=") ? word + strlen("delay-ms=") : NULL;

	if (!attempt->method) {
		attempt->method = known_method(word);
		return attempt->method ? 0 : -EINVAL;
	}
	if (delay)
		return parse_uint(delay, &attempt->delay_ms) < 0 ? -EINVAL : 0;
	attempt->nvme_shutdown = str_eq(word, "nvme-shutdown");
	return attempt->nvme_shutdown ? 0 : -EINVAL;
}

int reset_attempt_parse(const char *text, struct reset_attempt *ret)
{
	_cleanup_strv_ char **words = NULL;
	struct reset_attempt attempt = { 0 };
	int r = strv_split(text, " ", &words);

	STRV_FOREACH(word, words)
		if (r >= 0)
			r = parse_word(*word, &attempt);
	if (r < 0 || !attempt.method)
		return r < 0 ? r : -EINVAL;
	*ret = attempt;
	return 0;
}

static bool is_planned(const struct resetplan *plan, const char *method)
{
	VEC_FOREACH(const struct reset_attempt, attempt, &plan->attempts)
		if (str_eq(attempt->method, method))
			return true;
	return false;
}

/* The kernel's own way with a device does what the quirk asks for; a quirk of the function knows nothing of its bus. */
static struct reset_attempt attempt_of(const struct making *making, const char *method)
{
	struct reset_attempt attempt = { .method = known_method(method) };

	if (str_eq(method, "device_specific"))
		return attempt;
	VEC_FOREACH(const struct quirk, quirk, &making->quirks) {
		attempt.nvme_shutdown = attempt.nvme_shutdown || quirk->nvme_shutdown;
		if (quirk->delay_ms > attempt.delay_ms)
			attempt.delay_ms = quirk->delay_ms;
	}
	return attempt;
}

static int add_attempt(struct making *making, const char *method)
{
	struct reset_attempt *copy;

	if (is_planned(making->plan, method))
		return 0;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = attempt_of(making, method);
	if (vec_add(&making->plan->attempts, copy) >= 0)
		return 0;
	free(copy);
	return -ENOMEM;
}

static bool is_refused(const struct resetplan *plan, const char *method)
{
	VEC_FOREACH(const struct reset_refusal, refusal, &plan->refused)
		if (str_eq(refusal->method, method))
			return true;
	return false;
}

/* Takes @why over. */
static int add_refusal(struct making *making, const char *method, char *why)
{
	struct reset_refusal *refusal;

	if (why && is_refused(making->plan, method)) {
		free(why);
		return 0;
	}
	refusal = why ? calloc(1, sizeof(*refusal)) : NULL;
	if (refusal) {
		refusal->method = known_method(method);
		refusal->why = why;
		if (vec_add(&making->plan->refused, refusal) >= 0)
			return 0;
	}
	free(refusal);
	free(why);
	return -ENOMEM;
}

/* --- what may not be used --------------------------------------------------------------------- */

/* By no way of resetting the bus may a device be hit that does not survive one of them. */
static bool is_never(const struct quirk *quirk, const char *method)
{
	enum reset_reach reach = resetscope_reach(method);

	if (reach == RESET_BUS || reach == RESET_SLOT)
		return strv_contains(quirk->never, "bus") || strv_contains(quirk->never, method);
	return strv_contains(quirk->never, method);
}

static const struct quirk *find_never(const struct resetplan_request *request,
				      const struct device *device, const char *method)
{
	if (request->quirks)
		VEC_FOREACH(const struct quirk, quirk, request->quirks)
			if (is_never(quirk, method) && quirk_fits(quirk, device))
				return quirk;
	return NULL;
}

static bool is_claimed(const struct resetplan_request *request, const struct device *device)
{
	return vec_find_sorted(request->claimed, device, device_cmp, NULL) >= 0;
}

static char *tell_neighbour(const struct device *other)
{
	return str_printf("it would also reset %s (%s), which is not in the group", other->key,
			  str_or(other->driver, "no driver"));
}

static char *tell_quirk(const struct making *making, const struct device *other,
			const struct quirk *quirk)
{
	return str_printf("%s%s%s (quirk %s)", other == making->device ? "" : other->key,
			  other == making->device ? "" : " does not bear it: ", quirk->text,
			  quirk->name);
}

/* Virtual functions are gone by then: with the host driver, or before a release has got to resets (plan.c). */
static bool goes_with(const struct device *device, const struct device *other)
{
	return str_eq(other->physfn, device->key);
}

/* Why @method must not be used on the device, in *ret; NULL there: it may. The neighbour goes first. */
static int find_objection(const struct making *making, const char *method, const struct vec *scope,
			  char **ret)
{
	VEC_FOREACH(const struct device, other, scope)
		if (!is_claimed(making->request, other) && !goes_with(making->device, other)) {
			*ret = tell_neighbour(other);
			return *ret ? 0 : -ENOMEM;
		}
	VEC_FOREACH(const struct device, other, scope) {
		const struct quirk *quirk = find_never(making->request, other, method);

		if (quirk) {
			*ret = tell_quirk(making, other, quirk);
			return *ret ? 0 : -ENOMEM;
		}
	}
	*ret = NULL;
	return 0;
}

/* --- ways ------------------------------------------------------------------------------------- */

/* The kernel resets a bus for one function only when that is alone on it. */
static bool has_sibling(const struct device *device, const struct vec *scope)
{
	struct pciaddr own, addr;

	if (pciaddr_parse(device->address, &own) < 0)
		return false;
	VEC_FOREACH(const struct device, other, scope)
		if (other != device && !goes_with(device, other) && pciaddr_parse(other->address, &addr) >= 0 &&
		    addr.domain == own.domain && addr.bus == own.bus)
			return true;
	return false;
}

/* What the kernel is asked to do when @method is wanted; NULL: it offers nothing of the kind. */
static const char *means_of(const struct device *device, const char *method, const struct vec *scope)
{
	bool slot = str_eq(method, "slot");

	if (!slot && !str_eq(method, "bus"))
		return strv_contains(device->reset_methods, method) ? known_method(method) : NULL;
	if (!device->parent || device->physfn)
		return NULL;
	if (has_sibling(device, scope))
		return RESET_HOT;
	/* the kernel's "bus" is that of the slot where there is one that can */
	return strv_contains(device->reset_methods, "bus") ? "bus" : NULL;
}

static int consider(struct making *making, const char *method, bool asked_for)
{
	_cleanup_vec_ struct vec scope = { 0 };
	char *objection = NULL;
	const char *means;
	int r = resetscope_devices(making->request->inv, making->device, method, &scope);

	if (r < 0)
		return r;
	means = means_of(making->device, method, &scope);
	if (!means)
		return asked_for ? add_refusal(making, method, strdup("the kernel does not offer it"))
				 : 0;
	r = find_objection(making, method, &scope, &objection);
	if (r < 0)
		return r;
	return objection ? add_refusal(making, method, objection) : add_attempt(making, means);
}

/* In the kernel's order, but those that a quirk knows to be better go first; then that of the bus. */
static int consider_all(struct making *making)
{
	const struct device *device = making->device;
	int r = 0;

	VEC_FOREACH(const struct quirk, quirk, &making->quirks)
		STRV_FOREACH(method, quirk->prefer)
			if (r >= 0)
				r = consider(making, *method, false);
	STRV_FOREACH(method, device->reset_methods)
		if (r >= 0 && known_method(*method))
			r = consider(making, *method, false);
	if (r >= 0 && !device->reset_methods && !device->no_reset)
		return add_attempt(making, RESET_KERNEL);
	return r < 0 || strv_contains(device->reset_methods, "bus") ? r : consider(making, "bus", false);
}

int resetplan_device(const struct resetplan_request *request, const struct device *device,
		     struct resetplan *ret)
{
	_cleanup_resetplan_ struct resetplan plan = { .device = device };
	_cleanup_vec_ struct vec quirks = { 0 };
	struct making making = { .request = request, .device = device, .plan = &plan };
	int r = request->quirks ? quirks_find(request->quirks, device, &quirks) : 0;

	if (r < 0)
		return r;
	making.quirks = quirks;
	if (!request->methods)
		r = consider_all(&making);
	STRV_FOREACH(method, request->methods)
		if (r >= 0)
			r = consider(&making, *method, true);
	if (r < 0)
		return r;
	*ret = plan;
	plan = (struct resetplan){ 0 };
	return 0;
}

static void *destroy_attempt(void *data)
{
	free(data);
	return NULL;
}

static void *destroy_refusal(void *data)
{
	struct reset_refusal *refusal = data;

	free(refusal->why);
	free(refusal);
	return NULL;
}

void resetplan_clear(struct resetplan *plan)
{
	vec_clear(&plan->attempts, destroy_attempt);
	vec_clear(&plan->refused, destroy_refusal);
}

/* --- of a group ------------------------------------------------------------------------------- */

static void *destroy_plan(void *data)
{
	resetplan_clear(data);
	free(data);
	return NULL;
}

void resetplans_clear(struct vec *plans)
{
	vec_clear(plans, destroy_plan);
}

static int add_plan(const struct resetplan_request *request, const struct device *device,
		    struct vec *plans)
{
	struct resetplan *plan = calloc(1, sizeof(*plan));
	int r = plan ? resetplan_device(request, device, plan) : -ENOMEM;

	if (r >= 0)
		r = vec_add(plans, plan);
	if (r < 0 && plan)
		destroy_plan(plan);
	return r;
}

int resetplan_all(const struct resetplan_request *request, struct vec *ret)
{
	_cleanup_resetplans_ struct vec plans = { 0 };
	int r = 0;

	VEC_FOREACH(const struct device, device, request->claimed)
		if (r >= 0 && device_is_pci(device) && !device_is_bridge(device))
			r = add_plan(request, device, &plans);
	if (r < 0)
		return r;
	*ret = plans;
	plans = (struct vec){ 0 };
	return 0;
}

const struct resetplan *resetplan_find(const struct vec *plans, const struct device *device)
{
	VEC_FOREACH(const struct resetplan, plan, plans)
		if (plan->device == device)
			return plan;
	return NULL;
}

int resetplan_format(const struct resetplan *plan, char ***ret)
{
	_cleanup_strv_ char **list = NULL;

	VEC_FOREACH(const struct reset_attempt, attempt, &plan->attempts) {
		_cleanup_free_ char *text = reset_attempt_format(attempt);

		if (!text || strv_add(&list, text) < 0)
			return -ENOMEM;
	}
	strv_free(*ret);
	*ret = TAKE_PTR(list);
	return 0;
}

const struct resetplan *resetplan_first_without(const struct vec *plans)
{
	VEC_FOREACH(const struct resetplan, plan, plans)
		if (plan->attempts.n == 0)
			return plan;
	return NULL;
}

char *resetplan_why_not(const struct resetplan *plan)
{
	_cleanup_strv_ char **reasons = NULL;

	VEC_FOREACH(const struct reset_refusal, refusal, &plan->refused) {
		_cleanup_free_ char *one = str_printf("%s: %s", refusal->method, refusal->why);

		if (!one || strv_add(&reasons, one) < 0)
			return NULL;
	}
	return reasons ? strv_join(reasons, "; ") : strdup("the kernel offers no reset of it");
}
