/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "learnt.h"
#include "newid.h"
#include "plan-reset.h"
#include "plan.h"
#include "strutil.h"
#include "usbcompanion.h"
#include "vfiodriver.h"

/* What a bridge's driver_override is set to, so that no driver matches it: the name of none. */
static const char no_driver[] = "none";

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
		return (struct target){ .override = no_driver };
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

static int unbind_all(const struct groupdef *def, const struct groupview *view, bool bridges,
		      struct vec *steps)
{
	VEC_FOREACH(const struct device, device, &view->devices) {
		struct target target = target_of(device, def);
		int r;

		if (device_is_bridge(device) != bridges || !device->driver ||
		    (on_target(device, &target) && !makes_way(device, def, view)))
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

		if (!target.driver || (on_target(device, &target) && !makes_way(device, def, view)))
			continue;
		r = newid_needed(device) ? vec_add(&by_id, device) :
					   steps_add_device(steps, STEP_BIND, device, target.driver);
		if (r < 0)
			return r;
	}
	return newid_plan_bind(&by_id, def, steps);
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
	    (resets && record_resets(def, resets, record) < 0) || prove_closed(view, &steps) < 0 ||
	    load_modules(def, view, &steps) < 0 || set_overrides(def, view, &steps) < 0 ||
	    unbind_all(def, view, false, &steps) < 0 || unbind_all(def, view, true, &steps) < 0 ||
	    bind_all(def, view, &steps) < 0 || reset_all(def, view, resets, &steps) < 0 ||
	    set_vf_tokens(def, view, &steps) < 0 || open_all(view, record, &steps) < 0)
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

	if (record_members(def, view, record) < 0 || prove_closed(view, &steps) < 0 ||
	    load_modules(def, view, &steps) < 0 || set_overrides(def, view, &steps) < 0 ||
	    unbind_all(def, view, false, &steps) < 0 || unbind_all(def, view, true, &steps) < 0 ||
	    bind_all(def, view, &steps) < 0)
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

	if (!is_prepared(def, view) &&
	    (prove_closed(view, &steps) < 0 || load_modules(def, view, &steps) < 0 ||
	     set_overrides(def, view, &steps) < 0 || unbind_all(def, view, false, &steps) < 0 ||
	     unbind_all(def, view, true, &steps) < 0 || bind_all(def, view, &steps) < 0))
		return -ENOMEM;
	*ret_steps = steps;
	steps = (struct vec){ 0 };
	return 0;
}

/* --- release ----------------------------------------------------------------------------------- */

/* The override that the claim has set on this member, if it was the claim. */
static const char *claimed_override(const struct record_device *member)
{
	return member->driver ? member->driver : no_driver;
}

/* Still where the claim put it? Otherwise it is somebody else's by now, or back already. */
static bool is_ours(const struct device *now, const struct record_device *member)
{
	return member->driver && str_eq(now->driver, member->driver);
}

static bool is_back(const struct device *now, const struct record_device *member)
{
	return str_eq(now->driver, member->host_driver);
}

/* But for /dev/iommu, which another lease of the same user may need: whoever knows the others does that. */
static int revoke_all(const struct inventory *inv, const struct record *record, const int *groups,
		      size_t n, struct vec *steps)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n && interface_has_group(record->interface); i++)
		r = steps_add_group(steps, STEP_REVOKE, groups[i], record->uid);
	if (!interface_has_iommufd(record->interface))
		return r;
	VEC_FOREACH(const struct record_device, member, &record->devices) {
		const struct device *now = inventory_find(inv, member->key);

		if (r >= 0 && now && member->driver)
			r = steps_add_node(steps, STEP_REVOKE, now, NULL, record->uid);
	}
	return r;
}

static int revoke_and_prove(const struct inventory *inv, const struct record *record,
			    struct vec *steps)
{
	_cleanup_free_ int *groups = NULL;
	size_t n;
	int r = record_iommu_groups(record, &groups, &n);

	if (r >= 0 && record->access == ACCESS_NODE)
		r = revoke_all(inv, record, groups, n, steps);
	/* by number: one that was plugged out and in again may have come into another group */
	VEC_FOREACH(const struct record_device, member, &record->devices) {
		const struct device *now = inventory_find(inv, member->key);

		if (r >= 0 && now && now->iommu_group >= 0 &&
		    now->iommu_group != member->iommu_group && is_ours(now, member))
			r = steps_add_group(steps, STEP_PROVE_CLOSED, now->iommu_group, 0);
	}
	for (size_t i = 0; r >= 0 && i < n; i++) {
		const struct iommu_group *group = inventory_find_group(inv, groups[i]);

		if (group)
			r = steps_add_group(steps, STEP_PROVE_CLOSED, groups[i], 0);
	}
	return r;
}

/* What nobody has had in his hands goes back, whatever the definition says. */
static enum group_on_release way_of(const struct record *record)
{
	return record->used ? record->on_release : ON_RELEASE_RESTORE;
}

typedef int (*member_fn)(const struct device *now, const struct record_device *member,
			 enum group_on_release way, struct vec *steps);

static int restore_reset_methods(const struct device *now, const struct record_device *member,
				 enum group_on_release way, struct vec *steps)
{
	_cleanup_free_ char *methods = NULL;

	/* what a worker that was killed has left: it asks for one method at a time */
	if (strv_length(now->reset_methods) != 1 || strv_length(member->host_reset_methods) < 2)
		return 0;
	methods = strv_join(member->host_reset_methods, " ");
	return methods ? steps_add_device(steps, STEP_SET_RESET_METHODS, now, methods) : -ENOMEM;
}

static bool leaves_driver(const struct device *now, const struct record_device *member,
			  enum group_on_release way)
{
	return way != ON_RELEASE_KEEP && is_ours(now, member) && !device_keeps_driver(now) &&
	       (way != ON_RELEASE_RESTORE || !is_back(now, member));
}

static int unbind_member(const struct device *now, const struct record_device *member,
			 enum group_on_release way, struct vec *steps)
{
	return leaves_driver(now, member, way) ?
		       steps_add_device(steps, STEP_UNBIND, now, now->driver) : 0;
}

/* Those that it has on its VFIO driver end with that, and to end one that is open takes for ever. */
static int end_vfs(const struct inventory *inv, const struct record *record, struct vec *steps)
{
	VEC_FOREACH(const struct record_device, member, &record->devices) {
		const struct device *now = inventory_find(inv, member->key);
		int r = 0;

		if (!now || now->num_vfs == 0 || !leaves_driver(now, member, way_of(record)))
			continue;
		VEC_FOREACH(const struct device, vf, &inv->devices)
			if (r >= 0 && str_eq(vf->physfn, now->key) && vf->iommu_group >= 0 &&
			    vf->iommu_group != now->iommu_group)
				r = steps_add_group(steps, STEP_PROVE_CLOSED, vf->iommu_group, 0);
		if (r >= 0)
			r = steps_add_device(steps, STEP_SET_VFS, now, "0");
		if (r < 0)
			return r;
	}
	return 0;
}

/* What is not known now, since somebody holds the device up, is what the claim has set. */
static int restore_override(const struct device *now, const struct record_device *member,
			    enum group_on_release way, struct vec *steps)
{
	const char *set = now->held_up ? claimed_override(member) : now->driver_override;

	if (way == ON_RELEASE_KEEP || str_eq(set, member->host_override) ||
	    !str_eq(set, claimed_override(member)))
		return 0;
	return steps_add_device(steps, STEP_SET_OVERRIDE, now, member->host_override);
}

static bool goes_home(const struct device *now, const struct record_device *member, enum group_on_release way)
{
	if (way == ON_RELEASE_KEEP || (way == ON_RELEASE_NONE && member->driver))
		return false;
	return member->host_driver && !is_back(now, member) && (!now->driver || is_ours(now, member));
}

static int rebind_to_host(const struct device *now, const struct record_device *member,
			  enum group_on_release way, struct vec *steps)
{
	return goes_home(now, member, way) && !driver_is_vfio(member->host_driver) ?
		       steps_add_device(steps, STEP_REBIND, now, member->host_driver) : 0;
}

static int rebind_to_vfio(const struct device *now, const struct record_device *member,
			  enum group_on_release way, struct vec *steps)
{
	return goes_home(now, member, way) && driver_is_vfio(member->host_driver) ?
		       steps_add_device(steps, STEP_REBIND, now, member->host_driver) : 0;
}

/* The other half of makes_way(): it is where it was before the claim, but its EHCI is not yet. */
static bool makes_way_back(const struct inventory *inv, const struct record *record,
			   const struct device *now, const struct record_device *member)
{
	if (!is_ours(now, member) || !is_back(now, member))
		return false;
	VEC_FOREACH(const struct record_device, other, &record->devices) {
		const struct device *ehci = inventory_find(inv, other->key);

		if (ehci && device_is_usb_companion(now, ehci) && goes_home(ehci, other, way_of(record)) &&
		    !driver_is_vfio(other->host_driver))
			return true;
	}
	return false;
}

static int make_way_back(const struct inventory *inv, const struct record *record, enum step_kind kind,
			 struct vec *steps)
{
	VEC_FOREACH(const struct record_device, member, &record->devices) {
		const struct device *now = inventory_find(inv, member->key);
		int r;

		if (!now || !makes_way_back(inv, record, now, member))
			continue;
		r = steps_add_device(steps, kind, now, member->driver);
		if (r < 0)
			return r;
	}
	return 0;
}

static int for_members(const struct inventory *inv, const struct record *record, bool bridges,
		       member_fn fn, struct vec *steps)
{
	VEC_FOREACH(const struct record_device, member, &record->devices) {
		const struct device *now = inventory_find(inv, member->key);
		int r;

		if (!now || device_is_bridge(now) != bridges)
			continue;
		r = fn(now, member, way_of(record), steps);
		if (r < 0)
			return r;
	}
	return 0;
}

static int let_go(const struct inventory *inv, const struct record *record, struct vec *steps)
{
	return for_members(inv, record, false, restore_reset_methods, steps) < 0 ||
			       for_members(inv, record, false, unbind_member, steps) < 0 ||
			       make_way_back(inv, record, STEP_UNBIND, steps) < 0 ?
		       -ENOMEM :
		       0;
}

/*
 * The bridges first: they are back on their drivers before anything looks for what is behind them. What was on a VFIO driver
 * before goes there last: no host driver may find a companion of its own there.
 */
static int bring_back(const struct inventory *inv, const struct record *record, struct vec *steps)
{
	if (for_members(inv, record, true, restore_override, steps) < 0 ||
	    for_members(inv, record, false, restore_override, steps) < 0 ||
	    for_members(inv, record, true, rebind_to_host, steps) < 0 ||
	    for_members(inv, record, false, rebind_to_host, steps) < 0 ||
	    for_members(inv, record, false, rebind_to_vfio, steps) < 0 ||
	    make_way_back(inv, record, STEP_REBIND, steps) < 0)
		return -ENOMEM;
	return 0;
}

/* What nobody has had is as the host left it. A release that is tried again may find only some of them on VFIO: then they are clean. */
static int reset_members(const struct inventory *inv, const struct record *record, struct vec *steps)
{
	VEC_FOREACH(const struct record_device, member, &record->devices) {
		const struct device *now = inventory_find(inv, member->key);

		if (!now || !(record->used || record->recovery) || member->clean || !is_ours(now, member) ||
		    !device_is_pci(now))
			continue;
		if (plan_resets_after(now, member, record->reset_required, steps) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* A port finds it again, which for a VF is none: its PF makes it. */
static bool can_replug(const struct device *device)
{
	return device_is_pci(device) && !device_is_bridge(device) && device->parent &&
	       !device->physfn && device->num_vfs == 0;
}

/*
 * The kernel resets links below a VFIO driver without writing back what is in configuration space, and takes a device that it has not
 * recovered for offline as long as it knows it. Of one that it finds anew it sets up everything.
 */
static int replug_lost(const struct inventory *inv, const struct record *record, struct vec *steps)
{
	VEC_FOREACH(const struct record_device, member, &record->devices) {
		const struct device *now = inventory_find(inv, member->key);

		if (!record->recovery || !now || !is_ours(now, member) || !can_replug(now) ||
		    !error_state_is_lost(now->errors.state))
			continue;
		if (steps_add_device(steps, STEP_REPLUG, now,
				     now->errors.state == ERROR_FATAL ? "if-lost" : "always") < 0)
			return -ENOMEM;
	}
	return 0;
}

const struct device *plan_find_lost(const struct inventory *inv, const struct record *record)
{
	VEC_FOREACH(const struct record_device, member, &record->devices) {
		const struct device *now = inventory_find(inv, member->key);

		if (record->used && !record->recovery && now && is_ours(now, member) &&
		    error_state_is_lost(now->errors.state))
			return now;
	}
	return NULL;
}

int plan_release(const struct inventory *inv, const struct record *record, struct vec *ret_steps)
{
	_cleanup_steps_ struct vec steps = { 0 };

	if (revoke_and_prove(inv, record, &steps) < 0)
		return -ENOMEM;
	if (!plan_find_lost(inv, record) &&
	    (newid_plan_undo(inv, record, &steps) < 0 || end_vfs(inv, record, &steps) < 0 ||
	     reset_members(inv, record, &steps) < 0 || let_go(inv, record, &steps) < 0 || replug_lost(inv, record, &steps) < 0 ||
	     bring_back(inv, record, &steps) < 0))
		return -ENOMEM;
	*ret_steps = steps;
	steps = (struct vec){ 0 };
	return 0;
}

bool plan_is_back(const struct inventory *inv, const struct record *record)
{
	_cleanup_steps_ struct vec steps = { 0 };

	return let_go(inv, record, &steps) >= 0 && bring_back(inv, record, &steps) >= 0 &&
	       steps.n == 0;
}
