/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Compares one way to reset a device with the quirks of all devices that it reaches, with the rules
 * of VFIO, and with the devices of the claim.
 */

#include <errno.h>

#include "base/str.h"
#include "base/strv.h"
#include "policy/devinfo/quirks.h"
#include "policy/devinfo/reset-caps.h"
#include "policy/isolation/topology.h"
#include "policy/plan/reset-objection.h"
#include "policy/plan/reset-scope.h"

typedef int (*reset_objection_fn)(const struct reset_objection_question *question,
				  struct reset_refusal *ret);

/* Takes @why over; NULL means out of memory. */
static int reset_objection_raise(struct reset_refusal *ret, enum reset_refusal_kind kind, char *why)
{
	if (!why)
		return -ENOMEM;
	ret->kind = kind;
	ret->why = why;
	return 1;
}

static bool reset_objection_is_bus(const char *method)
{
	enum reset_scope_reach reach = reset_scope_of_method(method);

	return reach == RESET_SCOPE_BUS || reach == RESET_SCOPE_SLOT;
}

/* --- a bridge on the bus --- */

/*
 * VFIO resets a bus only if every function below it is on a VFIO driver, and no bridge ever is: it
 * refuses all header types but 0. It answers EINVAL (drivers/vfio/pci/vfio_pci_core.c,
 * vfio_pci_dev_set_resettable()).
 */
static int reset_objection_bridge(const struct reset_objection_question *question,
				  struct reset_refusal *ret)
{
	if (!str_eq(question->way, RESET_ATTEMPT_HOT))
		return 0;
	VEC_FOREACH(const struct device, other, question->scope)
		if (device_is_bridge(other))
			return reset_objection_raise(
				ret, RESET_HAS_BRIDGE,
				str_printf("the bridge %s is on the same bus, and VFIO resets no "
					   "bus with a bridge on it",
					   other->key));
	return 0;
}

/* --- quirks --- */

/* A device that does not survive one kind of bus reset is hit by none of them. */
static bool reset_objection_forbids(const struct quirk *quirk, const char *method)
{
	if (reset_objection_is_bus(method) && strv_contains(quirk->never, "bus"))
		return true;
	return strv_contains(quirk->never, method);
}

static const struct quirk *reset_objection_find_quirk(const struct reset_plan_request *request,
						      const struct device *device,
						      const char *method)
{
	if (!request->quirks)
		return NULL;
	VEC_FOREACH(const struct quirk, quirk, request->quirks)
		if (reset_objection_forbids(quirk, method) && quirks_match(quirk, device))
			return quirk;
	return NULL;
}

static int reset_objection_raise_quirk(const struct reset_objection_question *question,
				       const struct device *other, const struct quirk *quirk,
				       struct reset_refusal *ret)
{
	ret->quirk = quirk;
	if (other == question->device)
		return reset_objection_raise(ret, RESET_FORBIDDEN,
					     str_printf("%s (quirk %s)", quirk->text, quirk->name));
	return reset_objection_raise(ret, RESET_FORBIDDEN,
				     str_printf("%s does not survive it: %s (quirk %s)", other->key,
						quirk->text, quirk->name));
}

bool reset_objection_is_forbidden(const struct reset_plan_request *request,
				  const struct device *device, const char *method)
{
	return reset_objection_find_quirk(request, device, method) != NULL;
}

/* The port above sends the reset of a bus, so its quirks count too. */
static int reset_objection_quirk(const struct reset_objection_question *question,
				 struct reset_refusal *ret)
{
	const struct device *port =
		reset_objection_is_bus(question->method) ?
			topology_parent(question->request->inv, question->device) :
			NULL;
	const struct quirk *quirk;

	VEC_FOREACH(const struct device, other, question->scope) {
		if (reset_scope_is_own_vf(question->device, other))
			continue;
		quirk = reset_objection_find_quirk(question->request, other, question->method);
		if (quirk)
			return reset_objection_raise_quirk(question, other, quirk, ret);
	}
	quirk = port ? reset_objection_find_quirk(question->request, port, question->method) : NULL;
	return quirk ? reset_objection_raise_quirk(question, port, quirk, ret) : 0;
}

/*
 * A kernel that chooses the method itself takes the first of these that the device offers, although
 * it may not know the quirk (drivers/pci/pci.c before Linux 5.15, __pci_reset_function_locked()).
 */
static int reset_objection_kernel_choice(const struct reset_objection_question *question,
					 struct reset_refusal *ret)
{
	static const char *const order[] = { "flr", "af_flr", "pm", "bus" };

	if (!str_eq(question->way, RESET_ATTEMPT_KERNEL))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		const struct quirk *quirk =
			reset_objection_find_quirk(question->request, question->device, order[i]);
		int offer =
			str_eq(order[i], "bus") ? 1 : reset_caps_offer(question->device, order[i]);

		if (quirk && offer != 0)
			return reset_objection_raise_quirk(question, question->device, quirk, ret);
		if (offer > 0)
			return 0;
	}
	return 0;
}

/* --- neighbours --- */

static bool reset_objection_is_claimed(const struct reset_plan_request *request,
				       const struct device *device)
{
	return vec_find_sorted(request->claimed, device, device_cmp, NULL) >= 0;
}

static const char *reset_objection_name_driver(const struct inventory *inv,
					       const struct device *device)
{
	return str_or(device->driver, inv->drivers_unknown ? "driver not known" : "no driver");
}

static int reset_objection_neighbour(const struct reset_objection_question *question,
				     struct reset_refusal *ret)
{
	VEC_FOREACH(const struct device, other, question->scope) {
		if (reset_objection_is_claimed(question->request, other) ||
		    reset_scope_is_own_vf(question->device, other))
			continue;
		return reset_objection_raise(
			ret, RESET_REACHES_OTHERS,
			str_printf("it would also reset %s (%s), which is not in the group",
				   other->key,
				   reset_objection_name_driver(question->request->inv, other)));
	}
	return 0;
}

/* --- all of them --- */

int reset_objection_find(const struct reset_objection_question *question, struct reset_refusal *ret)
{
	/* a larger group helps only against the last one, so the others go first */
	static const reset_objection_fn objections[] = {
		reset_objection_bridge,
		reset_objection_quirk,
		reset_objection_kernel_choice,
		reset_objection_neighbour,
	};

	for (size_t i = 0; i < ARRAY_SIZE(objections); i++) {
		int r = objections[i](question, ret);

		if (r != 0)
			return r;
	}
	return 0;
}
