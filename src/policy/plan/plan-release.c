/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The steps of a release. */

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "model/usb-companion.h"
#include "policy/plan/new-id.h"
#include "policy/plan/plan-reset.h"
#include "policy/plan/plan.h"
#include "policy/plan/vfio-driver.h"

struct release {
	const struct inventory *inv;
	const struct record *record;
	enum group_on_release way;
	struct vec *steps;
};

typedef int (*member_fn)(const struct release *release, const struct device *now, const struct record_device *member);

/* Those that are there, the bridges or the others. */
static int for_members(const struct release *release, bool bridges, member_fn fn)
{
	VEC_FOREACH(const struct record_device, member, &release->record->devices) {
		const struct device *now = inventory_find(release->inv, member->key);
		int r = now && device_is_bridge(now) == bridges ? fn(release, now, member) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

/* --- where a member is ------------------------------------------------------------------------- */

/* The override that the claim has set on this member, if it was the claim. */
static const char *claimed_override(const struct record_device *member)
{
	return member->driver ? member->driver : PLAN_NO_DRIVER;
}

/* Still where the claim put it? Otherwise it is somebody else's by now, or back already. A bridge is never. */
static bool is_ours(const struct device *now, const struct record_device *member)
{
	return member->driver && str_eq(now->driver, member->driver);
}

static bool is_back(const struct device *now, const struct record_device *member)
{
	return str_eq(now->driver, member->host_driver);
}

/* What nobody has had in his hands goes back, whatever the definition says. */
static enum group_on_release way_of(const struct record *record)
{
	return record->used ? record->on_release : ON_RELEASE_RESTORE;
}

static bool leaves_driver(const struct release *release, const struct device *now, const struct record_device *member)
{
	return release->way != ON_RELEASE_KEEP && is_ours(now, member) && !device_keeps_driver(now) &&
	       (release->way != ON_RELEASE_RESTORE || !is_back(now, member));
}

static bool goes_home(const struct release *release, const struct device *now, const struct record_device *member)
{
	if (release->way == ON_RELEASE_KEEP || (release->way == ON_RELEASE_NONE && member->driver))
		return false;
	return member->host_driver && !is_back(now, member) && (!now->driver || is_ours(now, member));
}

/* It is where it was before the claim, on VFIO, but its EHCI is not yet on that of the host: it leaves, and comes again. */
static bool makes_way(const struct release *release, const struct device *now, const struct record_device *member)
{
	if (!is_ours(now, member) || !is_back(now, member))
		return false;
	VEC_FOREACH(const struct record_device, other, &release->record->devices) {
		const struct device *ehci = inventory_find(release->inv, other->key);

		if (ehci && device_is_usb_companion(now, ehci) && goes_home(release, ehci, other) &&
		    !driver_is_vfio(other->host_driver))
			return true;
	}
	return false;
}

/* --- nobody has it any more -------------------------------------------------------------------- */

static int revoke_device(const struct release *release, const struct device *now, const struct record_device *member)
{
	return member->driver ? steps_add_node(release->steps, STEP_REVOKE, now, NULL, release->record->uid) : 0;
}

/* But for /dev/iommu, which another lease of the same user may need: whoever knows the others does that. */
static int revoke_all(const struct release *release, const int *groups, size_t n)
{
	const struct record *record = release->record;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n && interface_has_group(record->interface); i++)
		r = steps_add_group(release->steps, STEP_REVOKE, groups[i], record->uid);
	return r >= 0 && interface_has_iommufd(record->interface) ? for_members(release, false, revoke_device) : r;
}

/* By number: one that was plugged out and in again may have come into another group. */
static int prove_other_group(const struct release *release, const struct device *now,
			     const struct record_device *member)
{
	return now->iommu_group >= 0 && now->iommu_group != member->iommu_group && is_ours(now, member) ?
		       steps_add_group(release->steps, STEP_PROVE_CLOSED, now->iommu_group, 0) : 0;
}

static int revoke_and_prove(const struct release *release)
{
	_cleanup_free_ int *groups = NULL;
	size_t n;
	int r = record_iommu_groups(release->record, &groups, &n);

	if (r >= 0 && release->record->access == ACCESS_NODE)
		r = revoke_all(release, groups, n);
	if (r >= 0)
		r = for_members(release, false, prove_other_group);
	for (size_t i = 0; r >= 0 && i < n; i++)
		if (inventory_find_group(release->inv, groups[i]))
			r = steps_add_group(release->steps, STEP_PROVE_CLOSED, groups[i], 0);
	return r;
}

/* --- the steps of one -------------------------------------------------------------------------- */

/* Those that it has on its VFIO driver end with that, and to end one that is open takes for ever. */
static int end_vfs(const struct release *release, const struct device *now, const struct record_device *member)
{
	int r = 0;

	if (now->num_vfs == 0 || !leaves_driver(release, now, member))
		return 0;
	VEC_FOREACH(const struct device, vf, &release->inv->devices)
		if (r >= 0 && str_eq(vf->physfn, now->key) && vf->iommu_group >= 0 &&
		    vf->iommu_group != now->iommu_group)
			r = steps_add_group(release->steps, STEP_PROVE_CLOSED, vf->iommu_group, 0);
	return r < 0 ? r : steps_add_device(release->steps, STEP_SET_VFS, now, "0");
}

/* What nobody has had is as the host left it. A release that is tried again may find only some of them on VFIO: then they are clean. */
static int reset(const struct release *release, const struct device *now, const struct record_device *member)
{
	const struct record *record = release->record;

	return (record->used || record->recovery) && !member->clean && is_ours(now, member) && device_is_pci(now) ?
		       plan_resets_after(now, member, record->reset_required, release->steps) : 0;
}

static int restore_reset_methods(const struct release *release, const struct device *now,
				 const struct record_device *member)
{
	_cleanup_free_ char *methods = NULL;

	/* what a worker that was killed has left: it asks for one method at a time */
	if (strv_length(now->reset_methods) != 1 || strv_length(member->host_reset_methods) < 2)
		return 0;
	methods = strv_join(member->host_reset_methods, " ");
	return methods ? steps_add_device(release->steps, STEP_SET_RESET_METHODS, now, methods) : -ENOMEM;
}

static int unbind(const struct release *release, const struct device *now, const struct record_device *member)
{
	return leaves_driver(release, now, member) || makes_way(release, now, member) ?
		       steps_add_device(release->steps, STEP_UNBIND, now, now->driver) : 0;
}

/* A port finds it again, which for a VF is none: its PF makes it. */
static bool can_replug(const struct device *device)
{
	return device_is_pci(device) && device->parent && !device->physfn && device->num_vfs == 0;
}

/*
 * The kernel resets links below a VFIO driver without writing back what is in configuration space, and takes a device that it has not
 * recovered for offline as long as it knows it. Of one that it finds anew it sets up everything.
 */
static int replug_lost(const struct release *release, const struct device *now, const struct record_device *member)
{
	return release->record->recovery && is_ours(now, member) && can_replug(now) &&
			       error_state_is_lost(now->errors.state) ?
		       steps_add_device(release->steps, STEP_REPLUG, now,
					now->errors.state == ERROR_FATAL ? "if-lost" : "always") : 0;
}

/* What is not known now, since somebody holds the device up, is what the claim has set. */
static int restore_override(const struct release *release, const struct device *now,
			    const struct record_device *member)
{
	const char *set = now->held_up ? claimed_override(member) : now->driver_override;

	if (release->way == ON_RELEASE_KEEP || str_eq(set, member->host_override) ||
	    !str_eq(set, claimed_override(member)))
		return 0;
	return steps_add_device(release->steps, STEP_SET_OVERRIDE, now, member->host_override);
}

static int rebind_to_host(const struct release *release, const struct device *now,
			  const struct record_device *member)
{
	return goes_home(release, now, member) && !driver_is_vfio(member->host_driver) ?
		       steps_add_device(release->steps, STEP_REBIND, now, member->host_driver) : 0;
}

static int rebind_to_vfio(const struct release *release, const struct device *now,
			  const struct record_device *member)
{
	return (goes_home(release, now, member) || makes_way(release, now, member)) &&
			       driver_is_vfio(member->host_driver) ?
		       steps_add_device(release->steps, STEP_REBIND, now, member->host_driver) : 0;
}

/* --- all of them ------------------------------------------------------------------------------- */

static int let_go(const struct release *release)
{
	int r = for_members(release, false, restore_reset_methods);

	return r < 0 ? r : for_members(release, false, unbind);
}

/*
 * The bridges first: they are back on their drivers before anything looks for what is behind them. What was on a VFIO driver
 * before goes there last: no host driver may find a companion of its own there.
 */
static int bring_back(const struct release *release)
{
	return for_members(release, true, restore_override) < 0 ||
			       for_members(release, false, restore_override) < 0 ||
			       for_members(release, true, rebind_to_host) < 0 ||
			       for_members(release, false, rebind_to_host) < 0 ||
			       for_members(release, false, rebind_to_vfio) < 0 ?
		       -ENOMEM :
		       0;
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
	const struct release release = { inv, record, way_of(record), &steps };

	if (revoke_and_prove(&release) < 0)
		return -ENOMEM;
	if (!plan_find_lost(inv, record) &&
	    (newid_plan_undo(inv, record, &steps) < 0 || for_members(&release, false, end_vfs) < 0 ||
	     for_members(&release, false, reset) < 0 || let_go(&release) < 0 ||
	     for_members(&release, false, replug_lost) < 0 || bring_back(&release) < 0))
		return -ENOMEM;
	*ret_steps = steps;
	steps = (struct vec){ 0 };
	return 0;
}

bool plan_is_back(const struct inventory *inv, const struct record *record)
{
	_cleanup_steps_ struct vec steps = { 0 };
	const struct release release = { inv, record, way_of(record), &steps };

	return let_go(&release) >= 0 && bring_back(&release) >= 0 && steps.n == 0;
}
