/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Compares the virtual functions of a device with its definition and plans the difference. Never
 * changes a number while a function is claimed or in use.
 */

#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/step.h"
#include "model/usage.h"
#include "policy/plan/sriov-plan.h"
#include "policy/plan/vfio-choice.h"

/* Returns the key of the first claimed device among the PF and its functions, or NULL. */
static const char *sriov_plan_find_claimed(const struct inventory *inv, const struct device *pf,
					   char *const *claimed)
{
	if (strv_contains(claimed, pf->key))
		return pf->key;
	VEC_FOREACH(const struct device, device, &inv->devices)
		if (str_eq(device->physfn, pf->key) && strv_contains(claimed, device->key))
			return device->key;
	return NULL;
}

/*
 * Returns why the device can never have virtual functions; the caller frees it, NULL when out of
 * memory.
 */
static char *sriov_plan_why_not(const struct vf_def *def, const struct device *pf)
{
	if (!pf)
		return str_printf("There is no device %s on this host, so it has no virtual "
				  "functions. Plug it in, or correct the file.",
				  def->device);
	if (pf->physfn)
		return str_printf(
			"%s is a virtual function itself. Name its physical function %s instead.",
			pf->key, pf->physfn);
	return str_printf("%s has no virtual functions: it offers no SR-IOV. Some cards have it "
			  "turned off in their firmware.",
			  pf->key);
}

static bool sriov_plan_is_possible(const struct device *pf)
{
	return pf && !pf->physfn && pf->total_vfs > 0;
}

static unsigned sriov_plan_wanted(const struct vf_def *def, const struct device *pf)
{
	return def->count < pf->total_vfs ? def->count : pf->total_vfs;
}

/* A change of the number removes all functions first, also those in use by the host. */
static const struct device *sriov_plan_find_used(const struct inventory *inv,
						 const struct device *pf)
{
	VEC_FOREACH(const struct device, device, &inv->devices)
		if (str_eq(device->physfn, pf->key) && device->usages.n > 0)
			return device;
	return NULL;
}

/* Sets *ret to the reason why the number cannot be changed now, or to NULL. 0 or -ENOMEM. */
static int sriov_plan_find_delay(const struct inventory *inv, const struct device *pf,
				 unsigned wanted, char *const *claimed, char **ret)
{
	const char *key = sriov_plan_find_claimed(inv, pf, claimed);
	const struct device *used = sriov_plan_find_used(inv, pf);

	*ret = NULL;
	if (wanted == pf->num_vfs)
		return 0;
	if (key) {
		*ret = str_printf("%s keeps %u virtual functions instead of %u while %s is "
				  "claimed. Release it to apply the file.",
				  pf->key, pf->num_vfs, wanted, key);
	} else if (used) {
		const struct usage *usage = used->usages.items[0];

		*ret = str_printf("%s keeps %u virtual functions instead of %u while the host uses "
				  "%s (%s %s). Stop that use to apply the file.",
				  pf->key, pf->num_vfs, wanted, used->key, usage->kind,
				  str_or(usage->what, ""));
	} else if (!pf->driver || vfio_choice_is_vfio(pf->driver)) {
		*ret = str_printf("%s has %u virtual functions instead of %u until it is bound to "
				  "its host driver. Only that driver can change the number.",
				  pf->key, pf->num_vfs, wanted);
	} else {
		return 0;
	}
	return *ret ? 0 : -ENOMEM;
}

static int sriov_plan_add_number(struct vec *steps, const struct device *pf, unsigned number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", number);
	return steps_add_device(steps, STEP_SET_VFS, pf, text);
}

static int sriov_plan_add_steps(const struct vf_def *def, const struct device *pf, unsigned wanted,
				struct vec *steps)
{
	/* first, or host drivers take the functions as they appear */
	int r = steps_add_device(steps, STEP_SET_AUTOPROBE, pf, def->autoprobe ? "1" : "0");

	if (r < 0 || pf->num_vfs == wanted)
		return r;
	if (pf->num_vfs > 0) {
		r = sriov_plan_add_number(steps, pf, 0);
		if (r < 0)
			return r;
	}
	if (wanted == 0)
		return 0;
	return sriov_plan_add_number(steps, pf, wanted);
}

static int sriov_plan_change(const struct inventory *inv, const struct vf_def *def,
			     const struct device *pf, char *const *claimed, struct vec *steps,
			     char **ret_problem)
{
	unsigned wanted = sriov_plan_wanted(def, pf);
	int r;

	r = sriov_plan_find_delay(inv, pf, wanted, claimed, ret_problem);
	if (r < 0 || *ret_problem)
		return r;
	r = sriov_plan_add_steps(def, pf, wanted, steps);
	if (r < 0 || wanted == def->count)
		return r;
	*ret_problem =
		str_printf("%s offers %u virtual functions, not the %u in the file. It gets %u.",
			   pf->key, pf->total_vfs, def->count, wanted);
	return *ret_problem ? 0 : -ENOMEM;
}

int sriov_plan(const struct inventory *inv, const struct vf_def *def, char *const *claimed,
	       struct vec *ret_steps, char **ret_problem)
{
	const struct device *pf = inventory_find(inv, def->device);
	_cleanup_free_ char *problem = NULL;
	_cleanup_steps_ struct vec steps = { 0 };
	int r;

	if (sriov_plan_is_possible(pf)) {
		r = sriov_plan_change(inv, def, pf, claimed, &steps, &problem);
		if (r < 0)
			return r;
	} else {
		problem = sriov_plan_why_not(def, pf);
		if (!problem)
			return -ENOMEM;
	}
	*ret_steps = TAKE_STRUCT(steps);
	*ret_problem = TAKE_PTR(problem);
	return 0;
}

/* --- while claimed --- */

static const struct vf_def *sriov_plan_find_def(const struct vec *defs, const char *device)
{
	VEC_FOREACH(const struct vf_def, def, defs)
		if (def->while_claimed && str_eq(def->device, device))
			return def;
	return NULL;
}

static int sriov_plan_add_vfs(const struct vec *defs, const struct device *pf, struct vec *steps)
{
	const struct vf_def *def = sriov_plan_find_def(defs, pf->key);
	unsigned wanted;

	if (!def)
		return 0;
	wanted = sriov_plan_wanted(def, pf);
	/* functions that exist on the host driver end with it */
	if (vfio_choice_is_vfio(pf->driver) && pf->num_vfs > 0 && pf->num_vfs != wanted) {
		int r = sriov_plan_add_number(steps, pf, 0);

		if (r < 0)
			return r;
	}
	if (wanted == 0)
		return 0;
	return sriov_plan_add_number(steps, pf, wanted);
}

/* Moves all of @more behind the step at @at. */
static int sriov_plan_insert_steps(struct vec *steps, size_t at, struct vec *more)
{
	while (more->n > 0) {
		int r = vec_insert(steps, at + 1, more->items[more->n - 1]);

		if (r < 0)
			return r;
		more->n--;
	}
	return 0;
}

int sriov_plan_claim(const struct inventory *inv, const struct vec *defs, struct vec *steps)
{
	for (size_t i = 0; i < steps->n; i++) {
		_cleanup_steps_ struct vec more = { 0 };
		const struct step *step = steps->items[i];
		const struct device *pf;
		int r;

		if (step->kind != STEP_SET_VF_TOKEN)
			continue;
		pf = inventory_find(inv, step->device);
		if (!pf)
			continue;
		r = sriov_plan_add_vfs(defs, pf, &more);
		if (r < 0)
			return r;
		r = sriov_plan_insert_steps(steps, i, &more);
		if (r < 0)
			return r;
	}
	return 0;
}
