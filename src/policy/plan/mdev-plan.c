/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Compares a mediated device with its definition and plans the difference. Never changes a device
 * that the daemon did not create, or that is claimed.
 */

#include <errno.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/step.h"
#include "policy/plan/mdev-plan.h"

static bool mdev_plan_is_wanted(const struct device *device, const struct mdev_def *def,
				const struct mdev_state *state, const char *signature)
{
	return !state->unfinished && str_eq(device->mdev_parent, def->parent) &&
	       str_eq(device->mdev_type, def->type) &&
	       (!state->made || str_eq(state->made, signature));
}

static int mdev_plan_remove(const struct device *device, struct vec *steps)
{
	/* the removal of a device in use would wait for its user inside the kernel */
	if (device->iommu_group >= 0) {
		int r = steps_add_group(steps, STEP_PROVE_CLOSED, device->iommu_group, 0);

		if (r < 0)
			return r;
	}
	return steps_add_device(steps, STEP_REMOVE_MDEV, device, NULL);
}

/* Plans for a device that exists and differs from its definition. */
static int mdev_plan_change(const struct device *device, const struct mdev_def *def,
			    const struct mdev_state *state, char *const *claimed,
			    struct mdev_plan *plan)
{
	if (!state->made) {
		plan->problem = str_printf(
			"%s exists as %s of %s, not as %s of %s, and devgroups did not create it. "
			"Remove it (mdevctl stop -u %s), or correct the file.",
			device->key, str_or(device->mdev_type, "something"),
			str_or(device->mdev_parent, "another parent"), def->type,
			device_bus_address_of_key(def->parent), device->address);
		return plan->problem ? 0 : -ENOMEM;
	}
	if (strv_contains(claimed, device->key)) {
		plan->problem = str_printf(
			"%s stays %s of %s while it is claimed. Release it to apply the file.",
			device->key, str_or(device->mdev_type, "?"),
			str_or(device->mdev_parent, "?"));
		return plan->problem ? 0 : -ENOMEM;
	}
	plan->action = MDEV_PLAN_REMOVE;
	return mdev_plan_remove(device, &plan->steps);
}

static char *mdev_plan_why_no_type(const struct device *parent, const struct mdev_def *def,
				   const char *name)
{
	_cleanup_free_ char *list = mdev_types_list(&parent->mdev_types);

	if (!list)
		return NULL;
	return str_printf("%s is not created: %s offers no type %s, but %s. Correct the file.",
			  def->key, name, def->type, list);
}

/* Sets *ret to the reason why it cannot be created now, or to NULL. 0 or -ENOMEM. */
static int mdev_plan_why_not(const struct inventory *inv, const struct mdev_def *def, char **ret)
{
	const struct device *parent = inventory_find(inv, def->parent);
	const char *name = device_bus_address_of_key(def->parent);
	const struct mdev_type *type =
		parent ? mdev_types_find(&parent->mdev_types, def->type) : NULL;

	if (type && type->available > 0) {
		*ret = NULL;
		return 0;
	}
	if (type)
		*ret = str_printf("%s is not created: %s has room for no more of type %s. Remove "
				  "another of its mediated devices.",
				  def->key, name, def->type);
	else if (!parent)
		*ret = str_printf("%s is not created yet: there is no %s on this host. It is "
				  "created when that device appears.",
				  def->key, name);
	else if (parent->mdev_types.n == 0)
		*ret = str_printf("%s is not created yet: %s on driver %s offers no mediated "
				  "devices. Bind the device to a driver that offers them.",
				  def->key, name, str_or(parent->driver, "none"));
	else
		*ret = mdev_plan_why_no_type(parent, def, name);
	return *ret ? 0 : -ENOMEM;
}

static int mdev_plan_create(const struct inventory *inv, const struct mdev_def *def,
			    struct mdev_plan *plan)
{
	_cleanup_device_ struct device *device = NULL;
	_cleanup_free_ char *type = NULL;
	int r = mdev_plan_why_not(inv, def, &plan->problem);

	if (r < 0)
		return r;
	if (plan->problem)
		return 0;
	/* the device is not in the inventory yet */
	device = device_new(device_bus_mdev.name, device_bus_address_of_key(def->key));
	type = str_printf("%s/%s", device_bus_address_of_key(def->parent), def->type);
	if (!device || !type)
		return -ENOMEM;
	r = steps_add_device(&plan->steps, STEP_CREATE_MDEV, device, type);
	if (r < 0)
		return r;
	STRV_FOREACH(attribute, def->attributes) {
		r = steps_add_device(&plan->steps, STEP_SET_ATTRIBUTE, device, *attribute);
		if (r < 0)
			return r;
	}
	plan->action = MDEV_PLAN_CREATE;
	return 0;
}

static int mdev_plan_defined(const struct inventory *inv, const char *key,
			     const struct mdev_def *def, const struct mdev_state *state,
			     char *const *claimed, struct mdev_plan *plan)
{
	const struct device *device = inventory_find(inv, key);
	_cleanup_free_ char *signature = NULL;

	if (!device)
		return mdev_plan_create(inv, def, plan);
	signature = mdev_def_signature(def);
	if (!signature)
		return -ENOMEM;
	if (mdev_plan_is_wanted(device, def, state, signature))
		return 0;
	return mdev_plan_change(device, def, state, claimed, plan);
}

static int mdev_plan_undefined(const struct inventory *inv, const char *key,
			       const struct mdev_state *state, char *const *claimed,
			       struct mdev_plan *plan)
{
	const struct device *device = inventory_find(inv, key);

	if (!device || !state->made || strv_contains(claimed, key))
		return 0;
	plan->action = MDEV_PLAN_REMOVE;
	return mdev_plan_remove(device, &plan->steps);
}

int mdev_plan(const struct inventory *inv, const char *key, const struct mdev_def *def,
	      const struct mdev_state *state, char *const *claimed, struct mdev_plan *ret)
{
	_cleanup_mdev_plan_ struct mdev_plan plan = { .action = MDEV_PLAN_KEEP };
	int r;

	if (def)
		r = mdev_plan_defined(inv, key, def, state, claimed, &plan);
	else
		r = mdev_plan_undefined(inv, key, state, claimed, &plan);
	if (r < 0)
		return r;
	*ret = TAKE_STRUCT(plan);
	return 0;
}

void mdev_plan_clear(struct mdev_plan *plan)
{
	steps_clear(&plan->steps);
	free(plan->problem);
	*plan = (struct mdev_plan){ 0 };
}
