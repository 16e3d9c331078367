/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/str.h"
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
	int r = 0;

	/* removing one that is in use would wait for its user, inside of the kernel */
	if (device->iommu_group >= 0)
		r = steps_add_group(steps, STEP_PROVE_CLOSED, device->iommu_group, 0);
	return r < 0 ? r : steps_add_device(steps, STEP_REMOVE_MDEV, device, NULL);
}

/* It is there, and is not what the file wants. */
static int mdev_plan_change(const struct device *device, const struct mdev_def *def,
			    const struct mdev_state *state, char *const *claimed, struct vec *steps,
			    enum mdev_plan_action *ret_action, char **ret_problem)
{
	if (!state->made) {
		*ret_problem = str_printf("%s is there already, as %s of %s, and not made by "
					  "devgroups: it is no %s of %s. Remove "
					  "it (mdevctl stop -u %s), or correct the file.",
					  device->key, str_or(device->mdev_type, "something"),
					  str_or(device->mdev_parent, "another parent"), def->type,
					  device_bus_address_of_key(def->parent), device->address);
		return *ret_problem ? 0 : -ENOMEM;
	}
	if (strv_contains(claimed, device->key)) {
		*ret_problem = str_printf(
			"%s stays as it was made, %s of %s, for as long as it is claimed.",
			device->key, str_or(device->mdev_type, "?"),
			str_or(device->mdev_parent, "?"));
		return *ret_problem ? 0 : -ENOMEM;
	}
	*ret_action = MDEV_PLAN_REMOVE;
	return mdev_plan_remove(device, steps);
}

/* Why it cannot be made now. NULL also when out of memory, and then *ret is that. */
static char *mdev_plan_why_not(const struct inventory *inv, const struct mdev_def *def, int *ret)
{
	const struct device *parent = inventory_find(inv, def->parent);
	const char *name = device_bus_address_of_key(def->parent);
	const struct mdev_type *type =
		parent ? mdev_types_find(&parent->mdev_types, def->type) : NULL;
	_cleanup_free_ char *list = NULL;
	char *text;

	if (type && type->available > 0)
		return NULL;
	if (type)
		text = str_printf("%s is not made: %s has room for no more of type %s. Take "
				  "another of its mediated devices away.",
				  def->key, name, def->type);
	else if (!parent)
		text = str_printf("%s is not made yet: there is no %s on this host. It will be "
				  "when that appears.",
				  def->key, name);
	else if (parent->mdev_types.n == 0)
		text = str_printf("%s is not made yet: nothing can be made of %s as it is, with "
				  "the driver %s. It will be when "
				  "a driver for that has it.",
				  def->key, name, str_or(parent->driver, "none"));
	else
		text = !(list = mdev_types_list(&parent->mdev_types)) ?
			       NULL :
			       str_printf("%s is not made: %s offers no type %s, but %s.", def->key,
					  name, def->type, list);
	*ret = text ? 0 : -ENOMEM;
	return text;
}

static int mdev_plan_create(const struct inventory *inv, const struct mdev_def *def,
			    struct vec *steps, enum mdev_plan_action *ret_action,
			    char **ret_problem)
{
	_cleanup_device_ struct device *device = NULL;
	_cleanup_free_ char *type = NULL;
	int r = 0;

	*ret_problem = mdev_plan_why_not(inv, def, &r);
	if (r < 0 || *ret_problem)
		return r;
	/* it is not in the inventory yet */
	device = device_new(device_bus_mdev.name, device_bus_address_of_key(def->key));
	type = str_printf("%s/%s", device_bus_address_of_key(def->parent), def->type);
	if (!device || !type)
		return -ENOMEM;
	r = steps_add_device(steps, STEP_CREATE_MDEV, device, type);
	STRV_FOREACH(attribute, def->attributes)
		if (r >= 0)
			r = steps_add_device(steps, STEP_SET_ATTRIBUTE, device, *attribute);
	*ret_action = MDEV_PLAN_CREATE;
	return r;
}

static int mdev_plan_device(const struct inventory *inv, const char *key,
			    const struct mdev_def *def, const struct mdev_state *state,
			    char *const *claimed, struct vec *steps,
			    enum mdev_plan_action *ret_action, char **ret_problem)
{
	const struct device *device = inventory_find(inv, key);
	_cleanup_free_ char *signature = def ? mdev_def_signature(def) : NULL;

	if (def && !signature)
		return -ENOMEM;
	if (!device)
		return def ? mdev_plan_create(inv, def, steps, ret_action, ret_problem) : 0;
	if (def)
		return mdev_plan_is_wanted(device, def, state, signature) ?
			       0 :
			       mdev_plan_change(device, def, state, claimed, steps, ret_action,
						ret_problem);
	if (!state->made || strv_contains(claimed, key))
		return 0;
	*ret_action = MDEV_PLAN_REMOVE;
	return mdev_plan_remove(device, steps);
}

int mdev_plan(const struct inventory *inv, const char *key, const struct mdev_def *def,
	      const struct mdev_state *state, char *const *claimed, struct vec *ret_steps,
	      enum mdev_plan_action *ret_action, char **ret_problem)
{
	_cleanup_steps_ struct vec steps = { 0 };
	enum mdev_plan_action action = MDEV_PLAN_KEEP;
	char *problem = NULL;
	int r = mdev_plan_device(inv, key, def, state, claimed, &steps, &action, &problem);

	if (r < 0) {
		free(problem);
		return r;
	}
	*ret_steps = steps;
	steps = (struct vec){ 0 };
	*ret_action = action;
	*ret_problem = problem;
	return 0;
}
