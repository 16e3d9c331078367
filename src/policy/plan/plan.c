/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/str.h"
#include "model/usb-companion.h"
#include "model/vfio-facts.h"
#include "policy/plan/new-id.h"
#include "policy/plan/plan-reset.h"
#include "policy/plan/plan.h"
#include "policy/plan/vfio-driver.h"

/* What the claim makes of one member. */
struct target {
	const char *driver;   /* bind to this; NULL: to none */
	const char *override; /* NULL: leave it alone */
};

static struct target target_of(const struct device *device, const struct groupdef *def)
{
	const char *driver;

	if (device_is_bridge(device)) {
		if (device->driver && bridge_driver_may_stay(device->driver))
			return (struct target){ .driver = device->driver };
		return (struct target){ .override = PLAN_NO_DRIVER };
	}
	driver = vfio_driver_for(device, def);
	if (device_keeps_driver(device))
		return (struct target){ .driver = driver };
	return (struct target){ .driver = driver, .override = driver };
}

static bool on_target(const struct device *device, const struct target *target)
{
	return str_eq(device->driver, target->driver);
}

/* --- claim ------------------------------------------------------------------------------------- */

static int record_members(const struct groupdef *def, const struct groupview *view,
			  struct record *record)
{
	record->on_release = def->on_release;
	record->reset_required = def->reset_after == RESET_REQUIRE;
	VEC_FOREACH(const struct device, device, &view->devices) {
		struct target target = target_of(device, def);
		int r = record_add_device(record, device,
					  device_is_bridge(device) ? NULL : target.driver);

		if (r < 0)
			return r;
	}
	return 0;
}

/* A group that has a node already may have a user already: find out before anything is touched. */
static int prove_closed(const struct groupview *view, struct vec *steps)
{
	VEC_FOREACH(const struct iommu_group, group, &view->iommu_groups) {
		bool has_node = false;
		int r;

		VEC_FOREACH(const struct device, device, &group->devices)
			has_node = has_node || device_is_on_vfio(device);
		if (!has_node)
			continue;
		r = steps_add_group(steps, STEP_PROVE_CLOSED, (int)group->id, 0);
		if (r < 0)
			return r;
	}
	return 0;
}

static int load_modules(const struct groupdef *def, const struct groupview *view, struct vec *steps)
{
	_cleanup_strv_ char **seen = NULL;
	int r;

	VEC_FOREACH(const struct device, device, &view->devices) {
		struct target target = target_of(device, def);

		if (device_is_bridge(device) || device_keeps_driver(device) || !target.driver ||
		    strv_contains(seen, target.driver))
			continue;
		r = strv_add(&seen, target.driver);
		if (r < 0)
			return r;
		r = steps_add_plain(steps, STEP_LOAD_MODULE, target.driver);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Every member first, whether it will be unbound or not: a driver loaded meanwhile must find none free. */
static int set_overrides(const struct groupdef *def, const struct groupview *view, struct vec *steps)
{
	VEC_FOREACH(const struct device, device, &view->devices) {
		struct target target = target_of(device, def);
		int r;

		if (!target.override || newid_needed(device) ||
		    str_eq(device->driver_override, target.override))
			continue;
		r = steps_add_device(steps, STEP_SET_OVERRIDE, device, target.override);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Somebody has put it on its VFIO driver before, and its EHCI is still on that of the host: it leaves, and comes again. */
static bool makes_way(const struct device *device, const struct groupdef *def, const struct groupview *view)
{
	if (!device_is_on_vfio(device))
		return false;
	VEC_FOREACH(const struct device, other, &view->devices) {
		struct target target = target_of(other, def);

		if (device_is_usb_companion(device, other) && other->driver && !driver_is_vfio(other->driver) &&
		    !on_target(other, &target))
			return true;
	}
	return false;
}

/* Is it where the claim wants it, and may it stay there while the others move? */
static bool stays(const struct device *device, const struct groupdef *def, const struct groupview *view)
{
	struct target target = target_of(device, def);

	return on_target(device, &target) && !makes_way(device, def, view);
}

static int unbind_all(const struct groupdef *def, const struct groupview *view, bool bridges,
		      struct vec *steps)
{
	VEC_FOREACH(const struct device, device, &view->devices) {
		int r;

		if (device_is_bridge(device) != bridges || !device->driver || stays(device, def, view))
			continue;
		r = steps_add_device(steps, STEP_UNBIND, device, device->driver);
		if (r < 0)
			return r;
	}
	return 0;
}

static int bind_all(const struct groupdef *def, const struct groupview *view, struct vec *steps)
{
	_cleanup_(vec_drop) struct vec by_id = { 0 }; /* without an override */

	VEC_FOREACH(struct device, device, &view->devices) {
		struct target target = target_of(device, def);
		int r;

		if (!target.driver || stays(device, def, view))
			continue;
		r = newid_needed(device) ? vec_add(&by_id, device) :
					   steps_add_device(steps, STEP_BIND, device, target.driver);
		if (r < 0)
			return r;
	}
	return newid_plan_bind(&by_id, def, steps);
}

/* From the host's drivers to those of the claim. */
static int take_over(const struct groupdef *def, const struct groupview *view, struct vec *steps)
{
	return prove_closed(view, steps) < 0 || load_modules(def, view, steps) < 0 ||
			       set_overrides(def, view, steps) < 0 || unbind_all(def, view, false, steps) < 0 ||
			       unbind_all(def, view, true, steps) < 0 || bind_all(def, view, steps) < 0 ?
		       -ENOMEM :
		       0;
}

/* Container and iommufd first: with many devices only the first descriptors fit into the reply. */
static int open_groups(const struct groupview *view, const struct record *record, struct vec *steps)
{
	bool by_path = record->access == ACCESS_NODE;
	int r = by_path ? 0 : steps_add_plain(steps, STEP_OPEN_CONTAINER, NULL);

	VEC_FOREACH(const struct iommu_group, group, &view->iommu_groups)
		if (r >= 0)
			r = steps_add_group(steps, by_path ? STEP_GRANT : STEP_OPEN_GROUP,
					    (int)group->id, record->uid);
	return r;
}

static int open_devices(const struct groupview *view, const struct record *record, struct vec *steps)
{
	bool by_path = record->access == ACCESS_NODE;
	int r = by_path ? steps_add_node(steps, STEP_GRANT, NULL, PLAN_IOMMUFD_NODE, record->uid) :
			  steps_add_plain(steps, STEP_OPEN_IOMMUFD, NULL);

	VEC_FOREACH(const struct device, device, &view->devices) {
		if (r < 0 || device_is_bridge(device))
			continue;
		r = by_path ? steps_add_node(steps, STEP_GRANT, device, NULL, record->uid) :
			      /* opening it takes time, so it is asked once */
			      steps_add_device(steps, STEP_OPEN_DEVICE, device,
					       learnt_word(device->learnt, "source") ? NULL : "ask");
	}
	return r;
}

static int open_all(const struct groupview *view, const struct record *record, struct vec *steps)
{
	int r = 0;

	if (interface_has_group(record->interface))
		r = open_groups(view, record, steps);
	if (r >= 0 && interface_has_iommufd(record->interface))
		r = open_devices(view, record, steps);
	return r;
}

/* A function that has virtual ones. What their token is, is not decided here: it is random (vftokens.c). */
static int set_vf_tokens(const struct groupdef *def, const struct groupview *view, struct vec *steps)
{
	VEC_FOREACH(const struct device, device, &view->devices) {
		int r;

		if (device->total_vfs == 0 || device->physfn || !str_eq(target_of(device, def).driver, "vfio-pci"))
			continue;
		r = steps_add_device(steps, STEP_SET_VF_TOKEN, device, NULL);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool has_hot_reset(const struct vec *steps)
{
	VEC_FOREACH(const struct step, step, steps)
		if (step->kind == STEP_RESET && str_starts(step->value, RESET_HOT))
			return true;
	return false;
}

/* A reset holds the IOMMU group of its device; one that reaches others needs theirs too. */
static int reset_all(const struct groupdef *def, const struct groupview *view,
		     const struct vec *resets, struct vec *steps)
{
	_cleanup_steps_ struct vec wanted = { 0 };
	int r = resets ? plan_resets_before(def, resets, &wanted) : 0;

	VEC_FOREACH(const struct iommu_group, group, &view->iommu_groups)
		if (r >= 0 && has_hot_reset(&wanted))
			r = steps_add_group(steps, STEP_PROVE_CLOSED, (int)group->id, 0);
	return r < 0 ? r : vec_move(steps, &wanted);
}

int plan_claim(const struct groupdef *def, const struct groupview *view, const struct vec *resets,
	       struct record *record, struct vec *ret_steps)
{
	_cleanup_steps_ struct vec steps = { 0 };

	if (record_members(def, view, record) < 0 ||
	    (resets && record_resets(def, resets, record) < 0) || take_over(def, view, &steps) < 0 ||
	    reset_all(def, view, resets, &steps) < 0 || set_vf_tokens(def, view, &steps) < 0 ||
	    open_all(view, record, &steps) < 0)
		return -ENOMEM;
	*ret_steps = steps;
	steps = (struct vec){ 0 };
	return 0;
}

/* --- recovery ---------------------------------------------------------------------------------- */

int plan_recovery(const struct groupdef *def, const struct groupview *view, struct record *record,
		  struct vec *ret_steps)
{
	_cleanup_steps_ struct vec steps = { 0 };

	if (record_members(def, view, record) < 0 || take_over(def, view, &steps) < 0)
		return -ENOMEM;
	record->recovery = true;
	record->reset_required = false; /* of those that had no error */
	record->on_release = ON_RELEASE_RESTORE;
	*ret_steps = steps;
	steps = (struct vec){ 0 };
	return 0;
}

/* --- boot -------------------------------------------------------------------------------------- */

static bool is_prepared(const struct groupdef *def, const struct groupview *view)
{
	VEC_FOREACH(const struct device, device, &view->devices) {
		struct target target = target_of(device, def);

		if (!on_target(device, &target) ||
		    (target.override && !newid_needed(device) && !str_eq(device->driver_override, target.override)))
			return false;
	}
	return true;
}

int plan_boot(const struct groupdef *def, const struct groupview *view, struct vec *ret_steps)
{
	_cleanup_steps_ struct vec steps = { 0 };

	if (!is_prepared(def, view) && take_over(def, view, &steps) < 0)
		return -ENOMEM;
	*ret_steps = steps;
	steps = (struct vec){ 0 };
	return 0;
}
