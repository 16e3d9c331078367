/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The steps of a release. */

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "model/device.h"
#include "policy/plan/new-id.h"
#include "policy/plan/plan-reset.h"
#include "policy/plan/plan.h"
#include "policy/plan/vfio-choice.h"

struct release {
	const struct inventory *inv;
	const struct record *record;
	enum group_def_on_release mode;
	struct vec *steps;
};

typedef int (*plan_release_fn)(const struct release *release, const struct device *current,
			       const struct record_device *member);

/* Those that are there, the bridges or the others. */
static int plan_release_for_members(const struct release *release, bool bridges, plan_release_fn fn)
{
	VEC_FOREACH(const struct record_device, member, &release->record->devices) {
		const struct device *current = inventory_find(release->inv, member->key);
		int r = current && device_is_bridge(current) == bridges ?
				fn(release, current, member) :
				0;

		if (r < 0)
			return r;
	}
	return 0;
}

/* --- where a member is --- */

/* The override that the claim has set on this member, if it was the claim. */
static const char *plan_release_claimed_override(const struct record_device *member)
{
	return member->driver ? member->driver : PLAN_NO_DRIVER;
}

/* Still where the claim put it? Otherwise it is somebody else's by now, or back already. A bridge
 * is never. */
static bool plan_release_on_claim_driver(const struct device *current,
					 const struct record_device *member)
{
	return member->driver && str_eq(current->driver, member->driver);
}

static bool plan_release_on_host_driver(const struct device *current,
					const struct record_device *member)
{
	return str_eq(current->driver, member->host_driver);
}

/* What nobody has had in his hands goes back, whatever the definition says. */
static enum group_def_on_release plan_release_mode(const struct record *record)
{
	return record->used ? record->on_release : ON_RELEASE_RESTORE;
}

static bool plan_release_leaves_driver(const struct release *release, const struct device *current,
				       const struct record_device *member)
{
	return release->mode != ON_RELEASE_KEEP && plan_release_on_claim_driver(current, member) &&
	       !device_keeps_driver(current) &&
	       (release->mode != ON_RELEASE_RESTORE ||
		!plan_release_on_host_driver(current, member));
}

static bool plan_release_returns_to_host(const struct release *release,
					 const struct device *current,
					 const struct record_device *member)
{
	if (release->mode == ON_RELEASE_KEEP ||
	    (release->mode == ON_RELEASE_NONE && member->driver))
		return false;
	return member->host_driver && !plan_release_on_host_driver(current, member) &&
	       (!current->driver || plan_release_on_claim_driver(current, member));
}

/* It is where it was before the claim, on VFIO, but its EHCI is not yet on that of the host: it
 * leaves, and comes again. */
static bool plan_release_must_yield_to_ehci(const struct release *release,
					    const struct device *current,
					    const struct record_device *member)
{
	if (!plan_release_on_claim_driver(current, member) ||
	    !plan_release_on_host_driver(current, member))
		return false;
	VEC_FOREACH(const struct record_device, other, &release->record->devices) {
		const struct device *ehci = inventory_find(release->inv, other->key);

		if (ehci && device_is_companion_of(current, ehci) &&
		    plan_release_returns_to_host(release, ehci, other) &&
		    !vfio_choice_is_vfio(other->host_driver))
			return true;
	}
	return false;
}

/* --- nobody has it any more --- */

static int plan_release_revoke_device(const struct release *release, const struct device *current,
				      const struct record_device *member)
{
	return member->driver ? steps_add_node(release->steps, STEP_REVOKE, current, NULL,
					       release->record->uid) :
				0;
}

/* But for /dev/iommu, which another lease of the same user may need: whoever knows the others does
 * that. */
static int plan_release_revoke_all(const struct release *release, const int *groups, size_t n)
{
	const struct record *record = release->record;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n && record_interface_has_group(record->interface); i++)
		r = steps_add_group(release->steps, STEP_REVOKE, groups[i], record->uid);
	return r >= 0 && record_interface_has_iommufd(record->interface) ?
		       plan_release_for_members(release, false, plan_release_revoke_device) :
		       r;
}

/* By number: one that was plugged out and in again may have come into another group. */
static int plan_release_prove_new_group(const struct release *release, const struct device *current,
					const struct record_device *member)
{
	return current->iommu_group >= 0 && current->iommu_group != member->iommu_group &&
			       plan_release_on_claim_driver(current, member) ?
		       steps_add_group(release->steps, STEP_PROVE_CLOSED, current->iommu_group, 0) :
		       0;
}

static int plan_release_revoke_and_prove(const struct release *release)
{
	_cleanup_free_ int *groups = NULL;
	size_t n;
	int r = record_iommu_groups(release->record, &groups, &n);

	if (r >= 0 && release->record->access == ACCESS_NODE)
		r = plan_release_revoke_all(release, groups, n);
	if (r >= 0)
		r = plan_release_for_members(release, false, plan_release_prove_new_group);
	for (size_t i = 0; r >= 0 && i < n; i++)
		if (inventory_find_group(release->inv, groups[i]))
			r = steps_add_group(release->steps, STEP_PROVE_CLOSED, groups[i], 0);
	return r;
}

/* --- the steps of one --- */

/* Those that it has on its VFIO driver end with that, and to end one that is open takes for ever.
 */
static int plan_release_remove_vfs(const struct release *release, const struct device *current,
				   const struct record_device *member)
{
	int r = 0;

	if (current->num_vfs == 0 || !plan_release_leaves_driver(release, current, member))
		return 0;
	VEC_FOREACH(const struct device, vf, &release->inv->devices)
		if (r >= 0 && str_eq(vf->physfn, current->key) && vf->iommu_group >= 0 &&
		    vf->iommu_group != current->iommu_group)
			r = steps_add_group(release->steps, STEP_PROVE_CLOSED, vf->iommu_group, 0);
	return r < 0 ? r : steps_add_device(release->steps, STEP_SET_VFS, current, "0");
}

/* What nobody has had is as the host left it. A release that is tried again may find only some of
 * them on VFIO: then they are clean. */
static int plan_release_reset(const struct release *release, const struct device *current,
			      const struct record_device *member)
{
	const struct record *record = release->record;

	return (record->used || record->recovery) && !member->clean &&
			       plan_release_on_claim_driver(current, member) &&
			       device_is_pci(current) ?
		       plan_reset_after(current, member, record->reset_required, release->steps) :
		       0;
}

static int plan_release_restore_methods(const struct release *release, const struct device *current,
					const struct record_device *member)
{
	_cleanup_free_ char *methods = NULL;

	/* what a worker that was killed has left: it asks for one method at a time */
	if (strv_length(current->reset_methods) != 1 || strv_length(member->host_reset_methods) < 2)
		return 0;
	methods = strv_join(member->host_reset_methods, " ");
	return methods ?
		       steps_add_device(release->steps, STEP_SET_RESET_METHODS, current, methods) :
		       -ENOMEM;
}

static int plan_release_unbind(const struct release *release, const struct device *current,
			       const struct record_device *member)
{
	return plan_release_leaves_driver(release, current, member) ||
			       plan_release_must_yield_to_ehci(release, current, member) ?
		       steps_add_device(release->steps, STEP_UNBIND, current, current->driver) :
		       0;
}

/* A port finds it again, which for a VF is none: its PF makes it. */
static bool plan_release_can_replug(const struct device *device)
{
	return device_is_pci(device) && device->parent && !device->physfn && device->num_vfs == 0;
}

/*
 * The kernel resets links below a VFIO driver without writing back what is in configuration space,
 * and takes a device that it has not recovered for offline as long as it knows it. Of one that it
 * finds anew it sets up everything.
 */
static int plan_release_replug_lost(const struct release *release, const struct device *current,
				    const struct record_device *member)
{
	return release->record->recovery && plan_release_on_claim_driver(current, member) &&
			       plan_release_can_replug(current) &&
			       error_state_is_lost(current->errors.state) ?
		       steps_add_device(release->steps, STEP_REPLUG, current,
					current->errors.state == ERROR_FATAL ? "if-lost" :
									       "always") :
		       0;
}

/* What is not known now, since somebody holds the device up, is what the claim has set. */
static int plan_release_restore_override(const struct release *release,
					 const struct device *current,
					 const struct record_device *member)
{
	const char *set = current->bind_hangs ? plan_release_claimed_override(member) :
						current->driver_override;

	if (release->mode == ON_RELEASE_KEEP || str_eq(set, member->host_override) ||
	    !str_eq(set, plan_release_claimed_override(member)))
		return 0;
	return steps_add_device(release->steps, STEP_SET_OVERRIDE, current, member->host_override);
}

static int plan_release_rebind_to_host(const struct release *release, const struct device *current,
				       const struct record_device *member)
{
	return plan_release_returns_to_host(release, current, member) &&
			       !vfio_choice_is_vfio(member->host_driver) ?
		       steps_add_device(release->steps, STEP_REBIND, current, member->host_driver) :
		       0;
}

static int plan_release_rebind_to_vfio(const struct release *release, const struct device *current,
				       const struct record_device *member)
{
	return (plan_release_returns_to_host(release, current, member) ||
		plan_release_must_yield_to_ehci(release, current, member)) &&
			       vfio_choice_is_vfio(member->host_driver) ?
		       steps_add_device(release->steps, STEP_REBIND, current, member->host_driver) :
		       0;
}

/* --- all of them --- */

static int plan_release_unbind_all(const struct release *release)
{
	int r = plan_release_for_members(release, false, plan_release_restore_methods);

	return r < 0 ? r : plan_release_for_members(release, false, plan_release_unbind);
}

/*
 * The bridges first: they are back on their drivers before anything looks for what is behind them.
 * What was on a VFIO driver before goes there last: no host driver may find a companion of its own
 * there.
 */
static int plan_release_restore_all(const struct release *release)
{
	return plan_release_for_members(release, true, plan_release_restore_override) < 0 ||
			       plan_release_for_members(release, false,
							plan_release_restore_override) < 0 ||
			       plan_release_for_members(release, true,
							plan_release_rebind_to_host) < 0 ||
			       plan_release_for_members(release, false,
							plan_release_rebind_to_host) < 0 ||
			       plan_release_for_members(release, false,
							plan_release_rebind_to_vfio) < 0 ?
		       -ENOMEM :
		       0;
}

const struct device *plan_release_find_lost(const struct inventory *inv,
					    const struct record *record)
{
	VEC_FOREACH(const struct record_device, member, &record->devices) {
		const struct device *current = inventory_find(inv, member->key);

		if (record->used && !record->recovery && current &&
		    plan_release_on_claim_driver(current, member) &&
		    error_state_is_lost(current->errors.state))
			return current;
	}
	return NULL;
}

int plan_release(const struct inventory *inv, const struct record *record, struct vec *ret_steps)
{
	_cleanup_steps_ struct vec steps = { 0 };
	const struct release release = { inv, record, plan_release_mode(record), &steps };

	if (plan_release_revoke_and_prove(&release) < 0)
		return -ENOMEM;
	if (!plan_release_find_lost(inv, record) &&
	    (new_id_plan_undo(inv, record, &steps) < 0 ||
	     plan_release_for_members(&release, false, plan_release_remove_vfs) < 0 ||
	     plan_release_for_members(&release, false, plan_release_reset) < 0 ||
	     plan_release_unbind_all(&release) < 0 ||
	     plan_release_for_members(&release, false, plan_release_replug_lost) < 0 ||
	     plan_release_restore_all(&release) < 0))
		return -ENOMEM;
	*ret_steps = steps;
	steps = (struct vec){ 0 };
	return 0;
}

bool plan_release_is_complete(const struct inventory *inv, const struct record *record)
{
	_cleanup_steps_ struct vec steps = { 0 };
	const struct release release = { inv, record, plan_release_mode(record), &steps };

	return plan_release_unbind_all(&release) >= 0 && plan_release_restore_all(&release) >= 0 &&
	       steps.n == 0;
}
