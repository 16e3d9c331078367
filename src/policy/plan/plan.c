/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The steps of a claim: take the members from the host drivers, reset them, open or grant the
 * nodes. Pure: it reads a resolved group and writes a list of steps.
 */

#include <errno.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/device.h"
#include "model/vfio-facts.h"
#include "policy/plan/new-id.h"
#include "policy/plan/plan-reset.h"
#include "policy/plan/plan.h"
#include "policy/plan/vfio-choice.h"

/* The state of one member while it is claimed. */
struct target {
	const char *driver;   /* bind to this driver; NULL: to none */
	const char *override; /* NULL: leave the override as it is */
};

static struct target plan_target_of(const struct device *device, const struct group_def *def)
{
	const char *driver;

	if (device_is_bridge(device)) {
		if (device->driver && vfio_choice_allows_bridge(device->driver))
			return (struct target){ .driver = device->driver };
		return (struct target){ .override = PLAN_NO_DRIVER };
	}
	driver = vfio_choice_driver(device, def);
	if (device_keeps_driver(device))
		return (struct target){ .driver = driver };
	return (struct target){ .driver = driver, .override = driver };
}

static bool plan_on_target(const struct device *device, const struct target *target)
{
	return str_eq(device->driver, target->driver);
}

/* --- claim --- */

static int plan_record_members(const struct group_def *def, const struct resolved_group *resolved,
			       struct record *record)
{
	record->on_release = def->on_release;
	record->reset_required = def->reset_after == RESET_REQUIRE;
	VEC_FOREACH(const struct device, device, &resolved->devices) {
		struct target target = plan_target_of(device, def);
		int r = record_add_device(record, device,
					  device_is_bridge(device) ? NULL : target.driver);

		if (r < 0)
			return r;
	}
	return 0;
}

/* A group that has a VFIO node already may be in use already: check that before any change. */
static int plan_prove_closed(const struct resolved_group *resolved, struct vec *steps)
{
	VEC_FOREACH(const struct iommu_group, group, &resolved->iommu_groups) {
		bool has_node = false;
		int r;

		VEC_FOREACH(const struct device, device, &group->devices)
			has_node |= vfio_choice_is_bound(device);
		if (!has_node)
			continue;
		r = steps_add_group(steps, STEP_PROVE_CLOSED, (int)group->id, 0);
		if (r < 0)
			return r;
	}
	return 0;
}

static int plan_load_modules(const struct group_def *def, const struct resolved_group *resolved,
			     struct vec *steps)
{
	_cleanup_strv_ char **seen = NULL;
	int r;

	VEC_FOREACH(const struct device, device, &resolved->devices) {
		struct target target = plan_target_of(device, def);

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

/*
 * Sets the override of every member, also of those that stay bound: a driver that is loaded in the
 * meantime must find no free member.
 */
static int plan_set_overrides(const struct group_def *def, const struct resolved_group *resolved,
			      struct vec *steps)
{
	VEC_FOREACH(const struct device, device, &resolved->devices) {
		struct target target = plan_target_of(device, def);
		int r;

		if (!target.override || new_id_needed(device) ||
		    str_eq(device->driver_override, target.override))
			continue;
		r = steps_add_device(steps, STEP_SET_OVERRIDE, device, target.override);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Returns whether a USB companion already on VFIO has an EHCI that is still on a host driver. The
 * companion is then unbound first and bound again after the EHCI has moved.
 */
static bool plan_must_yield_to_ehci(const struct device *device, const struct group_def *def,
				    const struct resolved_group *resolved)
{
	if (!vfio_choice_is_bound(device))
		return false;
	VEC_FOREACH(const struct device, other, &resolved->devices) {
		struct target target = plan_target_of(other, def);

		if (device_is_companion_of(device, other) && other->driver &&
		    !vfio_choice_is_vfio(other->driver) && !plan_on_target(other, &target))
			return true;
	}
	return false;
}

/*
 * Returns whether @device is on the driver of the claim and may stay there while the others move.
 */
static bool plan_needs_no_move(const struct device *device, const struct group_def *def,
			       const struct resolved_group *resolved)
{
	struct target target = plan_target_of(device, def);

	return plan_on_target(device, &target) && !plan_must_yield_to_ehci(device, def, resolved);
}

static int plan_unbind_all(const struct group_def *def, const struct resolved_group *resolved,
			   bool bridges, struct vec *steps)
{
	VEC_FOREACH(const struct device, device, &resolved->devices) {
		int r;

		if (device_is_bridge(device) != bridges || !device->driver ||
		    plan_needs_no_move(device, def, resolved))
			continue;
		r = steps_add_device(steps, STEP_UNBIND, device, device->driver);
		if (r < 0)
			return r;
	}
	return 0;
}

static int plan_bind_all(const struct group_def *def, const struct resolved_group *resolved,
			 struct vec *steps)
{
	/* devices without driver_override: a new id binds them */
	_cleanup_vec_ struct vec by_id = { 0 };

	VEC_FOREACH(struct device, device, &resolved->devices) {
		struct target target = plan_target_of(device, def);
		int r;

		if (!target.driver || plan_needs_no_move(device, def, resolved))
			continue;
		if (new_id_needed(device))
			r = vec_add(&by_id, device);
		else
			r = steps_add_device(steps, STEP_BIND, device, target.driver);
		if (r < 0)
			return r;
	}
	return new_id_plan_bind(&by_id, def, steps);
}

/* Plans the move from the host drivers to the drivers of the claim. */
static int plan_take_over(const struct group_def *def, const struct resolved_group *resolved,
			  struct vec *steps)
{
	int r = plan_prove_closed(resolved, steps);

	if (r < 0)
		return r;
	r = plan_load_modules(def, resolved, steps);
	if (r < 0)
		return r;
	r = plan_set_overrides(def, resolved, steps);
	if (r < 0)
		return r;
	r = plan_unbind_all(def, resolved, false, steps);
	if (r < 0)
		return r;
	r = plan_unbind_all(def, resolved, true, steps);
	if (r < 0)
		return r;
	return plan_bind_all(def, resolved, steps);
}

/*
 * The container and the iommufd come first: with many devices only the first descriptors fit into
 * the reply.
 */
static int plan_open_groups(const struct resolved_group *resolved, const struct record *record,
			    struct vec *steps)
{
	bool by_path = record->access == ACCESS_NODE;
	int r;

	if (!by_path) {
		r = steps_add_plain(steps, STEP_OPEN_CONTAINER, NULL);
		if (r < 0)
			return r;
	}
	VEC_FOREACH(const struct iommu_group, group, &resolved->iommu_groups) {
		r = steps_add_group(steps, by_path ? STEP_GRANT : STEP_OPEN_GROUP, (int)group->id,
				    record->uid);
		if (r < 0)
			return r;
	}
	return 0;
}

static int plan_open_devices(const struct resolved_group *resolved, struct vec *steps)
{
	int r = steps_add_plain(steps, STEP_OPEN_IOMMUFD, NULL);

	if (r < 0)
		return r;
	VEC_FOREACH(const struct device, device, &resolved->devices) {
		bool is_known = vfio_facts_word(device->vfio_info_lines, "source");

		if (device_is_bridge(device))
			continue;
		/* Opening a device takes time, so VFIO is asked for its facts only once. */
		r = steps_add_device(steps, STEP_OPEN_DEVICE, device, is_known ? NULL : "ask");
		if (r < 0)
			return r;
	}
	return 0;
}

static int plan_grant_devices(const struct resolved_group *resolved, const struct record *record,
			      struct vec *steps)
{
	int r = steps_add_node(steps, STEP_GRANT, NULL, PLAN_IOMMUFD_NODE, record->uid);

	if (r < 0)
		return r;
	VEC_FOREACH(const struct device, device, &resolved->devices) {
		if (device_is_bridge(device))
			continue;
		r = steps_add_node(steps, STEP_GRANT, device, NULL, record->uid);
		if (r < 0)
			return r;
	}
	return 0;
}

static int plan_open_all(const struct resolved_group *resolved, const struct record *record,
			 struct vec *steps)
{
	int r;

	if (record_interface_has_group(record->interface)) {
		r = plan_open_groups(resolved, record, steps);
		if (r < 0)
			return r;
	}
	if (!record_interface_has_iommufd(record->interface))
		return 0;
	if (record->access == ACCESS_NODE)
		return plan_grant_devices(resolved, record, steps);
	return plan_open_devices(resolved, steps);
}

/*
 * Plans a VF token for each physical function. The daemon draws the token itself (vf-tokens.c),
 * because it is random.
 */
static int plan_set_vf_tokens(const struct group_def *def, const struct resolved_group *resolved,
			      struct vec *steps)
{
	VEC_FOREACH(const struct device, device, &resolved->devices) {
		int r;

		if (device->total_vfs == 0 || device->physfn ||
		    !str_eq(plan_target_of(device, def).driver, "vfio-pci"))
			continue;
		r = steps_add_device(steps, STEP_SET_VF_TOKEN, device, NULL);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool plan_has_hot_reset(const struct vec *steps)
{
	VEC_FOREACH(const struct step, step, steps)
		if (step->kind == STEP_RESET && str_starts(step->value, RESET_ATTEMPT_HOT))
			return true;
	return false;
}

static int plan_prove_groups_closed(const struct resolved_group *resolved, struct vec *steps)
{
	VEC_FOREACH(const struct iommu_group, group, &resolved->iommu_groups) {
		int r = steps_add_group(steps, STEP_PROVE_CLOSED, (int)group->id, 0);

		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Plans the resets. A reset opens the IOMMU group of its device, so that no process can open it in
 * the meantime. A hot reset reaches other groups: STEP_PROVE_CLOSED opens these before.
 */
static int plan_reset_all(const struct group_def *def, const struct resolved_group *resolved,
			  const struct vec *resets, struct vec *steps)
{
	_cleanup_steps_ struct vec wanted = { 0 };
	int r = plan_reset_before(def, resets, &wanted);

	if (r < 0)
		return r;
	if (plan_has_hot_reset(&wanted)) {
		r = plan_prove_groups_closed(resolved, steps);
		if (r < 0)
			return r;
	}
	return vec_move(steps, &wanted);
}

int plan_claim(const struct group_def *def, const struct resolved_group *resolved,
	       const struct vec *resets, struct record *record, struct vec *ret_steps)
{
	_cleanup_steps_ struct vec steps = { 0 };
	int r = plan_record_members(def, resolved, record);

	if (r < 0)
		return r;
	r = plan_take_over(def, resolved, &steps);
	if (r < 0)
		return r;
	if (resets) {
		r = plan_reset_record(def, resets, record);
		if (r < 0)
			return r;
		r = plan_reset_all(def, resolved, resets, &steps);
		if (r < 0)
			return r;
	}
	r = plan_set_vf_tokens(def, resolved, &steps);
	if (r < 0)
		return r;
	r = plan_open_all(resolved, record, &steps);
	if (r < 0)
		return r;
	*ret_steps = TAKE_STRUCT(steps);
	return 0;
}

/* --- recovery --- */

int plan_recovery(const struct group_def *def, const struct resolved_group *resolved,
		  struct record *record, struct vec *ret_steps)
{
	_cleanup_steps_ struct vec steps = { 0 };
	int r = plan_record_members(def, resolved, record);

	if (r < 0)
		return r;
	r = plan_take_over(def, resolved, &steps);
	if (r < 0)
		return r;
	record->recovery = true;
	record->reset_required = false; /* devices without an error need not be reset */
	record->on_release = ON_RELEASE_RESTORE;
	*ret_steps = TAKE_STRUCT(steps);
	return 0;
}

/* --- boot --- */

static bool plan_is_prepared(const struct group_def *def, const struct resolved_group *resolved)
{
	VEC_FOREACH(const struct device, device, &resolved->devices) {
		struct target target = plan_target_of(device, def);

		if (!plan_on_target(device, &target) ||
		    (target.override && !new_id_needed(device) &&
		     !str_eq(device->driver_override, target.override)))
			return false;
	}
	return true;
}

int plan_boot(const struct group_def *def, const struct resolved_group *resolved,
	      struct vec *ret_steps)
{
	_cleanup_steps_ struct vec steps = { 0 };

	if (!plan_is_prepared(def, resolved)) {
		int r = plan_take_over(def, resolved, &steps);

		if (r < 0)
			return r;
	}
	*ret_steps = TAKE_STRUCT(steps);
	return 0;
}
