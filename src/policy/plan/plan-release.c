/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The steps of a release: prove that the devices are closed, reset them, return them to the host
 * drivers. Each step is planned from the present state, so an interrupted release can be repeated.
 */

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/device.h"
#include "policy/plan/host-override.h"
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

/* Calls @fn for each member that exists: the bridges, or all others. Stops at the first failure. */
static int plan_release_for_members(const struct release *release, bool bridges, plan_release_fn fn)
{
	VEC_FOREACH(const struct record_device, member, &release->record->devices) {
		const struct device *current = inventory_find(release->inv, member->key);
		int r;

		if (!current || device_is_bridge(current) != bridges)
			continue;
		r = fn(release, current, member);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- the state of a member --- */

/*
 * Returns whether @current is still on the driver of the claim. Otherwise it was restored, or
 * another program has rebound it. Never true for a bridge.
 */
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

/*
 * Returns whether the holder may have hidden a descriptor. The node of a device opens many times,
 * and a descriptor that was sent into a socket is in no process: prove-closed cannot see it. An
 * unbind returns only after the last one is closed (vfio_unregister_group_dev() of Linux 6.6 and
 * later). The node of an IOMMU group opens only once, so the other interface needs no such proof.
 */
static bool plan_release_may_be_hidden(const struct release *release)
{
	return release->record->used && record_interface_has_iommufd(release->record->interface);
}

/* Returns whether the member leaves its driver as a proof that it is closed. Once a release. */
static bool plan_release_proves_by_unbind(const struct release *release,
					  const struct device *current,
					  const struct record_device *member)
{
	return plan_release_may_be_hidden(release) && !member->left &&
	       !device_keeps_driver(current) && plan_release_on_claim_driver(current, member);
}

/* A lease that was never handed over is always restored; on-release does not apply. */
static enum group_def_on_release plan_release_mode(const struct record *record)
{
	return record->used ? record->on_release : ON_RELEASE_RESTORE;
}

static bool plan_release_leaves_driver(const struct release *release, const struct device *current,
				       const struct record_device *member)
{
	if (plan_release_proves_by_unbind(release, current, member))
		return true;
	if (release->mode == ON_RELEASE_KEEP || device_keeps_driver(current) ||
	    !plan_release_on_claim_driver(current, member))
		return false;
	return release->mode != ON_RELEASE_RESTORE || !plan_release_on_host_driver(current, member);
}

/* Returns the driver that the member has after the release. NULL: none, or the present one. */
static const char *plan_release_final_driver(const struct release *release,
					     const struct record_device *member)
{
	if (release->mode == ON_RELEASE_KEEP)
		return plan_release_may_be_hidden(release) ? member->driver : NULL;
	if (release->mode == ON_RELEASE_NONE && member->driver)
		return NULL;
	return member->host_driver;
}

static bool plan_release_moves(const struct release *release, const struct device *current,
			       const struct record_device *member)
{
	const char *driver = plan_release_final_driver(release, member);

	return driver && !str_eq(current->driver, driver) &&
	       (!current->driver || plan_release_on_claim_driver(current, member));
}

static bool plan_release_ends_on_vfio(const struct release *release,
				      const struct record_device *member)
{
	return vfio_choice_is_vfio(plan_release_final_driver(release, member));
}

/*
 * Returns whether a USB companion that belongs on VFIO must be unbound and bound again. That is so
 * while its EHCI still has to return to a host driver.
 */
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
		    plan_release_moves(release, ehci, other) &&
		    !plan_release_ends_on_vfio(release, other))
			return true;
	}
	return false;
}

/* --- proof that it is closed --- */

static int plan_release_revoke_device(const struct release *release, const struct device *current,
				      const struct record_device *member)
{
	if (!member->driver)
		return 0;
	return steps_add_node(release->steps, STEP_REVOKE, current, NULL, release->record->uid);
}

/*
 * Revokes all nodes but /dev/iommu. Another lease of the same user may need that node, so the
 * caller, which knows all leases, revokes it.
 */
static int plan_release_revoke_all(const struct release *release, const int *groups, size_t n)
{
	const struct record *record = release->record;

	if (record_interface_has_group(record->interface)) {
		for (size_t i = 0; i < n; i++) {
			int r = steps_add_group(release->steps, STEP_REVOKE, groups[i],
						record->uid);

			if (r < 0)
				return r;
		}
	}
	if (!record_interface_has_iommufd(record->interface))
		return 0;
	return plan_release_for_members(release, false, plan_release_revoke_device);
}

/* A device that was unplugged and plugged in again may have another IOMMU group now. */
static int plan_release_prove_new_group(const struct release *release, const struct device *current,
					const struct record_device *member)
{
	if (current->iommu_group < 0 || current->iommu_group == member->iommu_group ||
	    !plan_release_on_claim_driver(current, member))
		return 0;
	return steps_add_group(release->steps, STEP_PROVE_CLOSED, current->iommu_group,
			       release->record->uid);
}

static int plan_release_revoke_and_prove(const struct release *release)
{
	_cleanup_free_ int *groups = NULL;
	size_t n;
	int r = record_iommu_groups(release->record, &groups, &n);

	if (r < 0)
		return r;
	if (release->record->access == ACCESS_NODE) {
		r = plan_release_revoke_all(release, groups, n);
		if (r < 0)
			return r;
	}
	r = plan_release_for_members(release, false, plan_release_prove_new_group);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (!inventory_find_group(release->inv, groups[i]))
			continue;
		r = steps_add_group(release->steps, STEP_PROVE_CLOSED, groups[i],
				    release->record->uid);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- the steps of one member --- */

/*
 * Removes the virtual functions of a PF that leaves its VFIO driver. Otherwise they would end with
 * the driver, and the end of an open one hangs.
 */
static int plan_release_remove_vfs(const struct release *release, const struct device *current,
				   const struct record_device *member)
{
	if (current->num_vfs == 0 || !plan_release_leaves_driver(release, current, member))
		return 0;
	VEC_FOREACH(const struct device, vf, &release->inv->devices) {
		int r;

		if (!str_eq(vf->physfn, current->key) || vf->iommu_group < 0 ||
		    vf->iommu_group == current->iommu_group)
			continue;
		r = steps_add_group(release->steps, STEP_PROVE_CLOSED, vf->iommu_group,
				    release->record->uid);
		if (r < 0)
			return r;
	}
	return steps_add_device(release->steps, STEP_SET_VFS, current, "0");
}

/*
 * A member that was never handed over is unchanged and needs no reset. If a release is repeated,
 * only some members may still be on VFIO: the others are clean.
 */
static int plan_release_reset(const struct release *release, const struct device *current,
			      const struct record_device *member)
{
	const struct record *record = release->record;

	if (!record->used && !record->recovery)
		return 0;
	if (member->clean || !device_is_pci(current) ||
	    !plan_release_on_claim_driver(current, member))
		return 0;
	return plan_reset_after(current, member, record->reset_required, release->steps);
}

static int plan_release_restore_methods(const struct release *release, const struct device *current,
					const struct record_device *member)
{
	_cleanup_free_ char *methods = NULL;

	/* a killed worker leaves one method in reset_method: it sets a method for each reset */
	if (strv_length(current->reset_methods) != 1 || strv_length(member->host_reset_methods) < 2)
		return 0;
	methods = strv_join(member->host_reset_methods, " ");
	if (!methods)
		return -ENOMEM;
	return steps_add_device(release->steps, STEP_SET_RESET_METHODS, current, methods);
}

static int plan_release_unbind(const struct release *release, const struct device *current,
			       const struct record_device *member)
{
	if (!plan_release_leaves_driver(release, current, member) &&
	    !plan_release_must_yield_to_ehci(release, current, member))
		return 0;
	return steps_add_device(release->steps, STEP_UNBIND, current, current->driver);
}

/*
 * Returns whether a rescan of its port would find the device again. That fails for a VF, because
 * its PF creates it.
 */
static bool plan_release_can_replug(const struct device *device)
{
	return device_is_pci(device) && device->parent && !device->physfn && device->num_vfs == 0;
}

/*
 * After an error the kernel resets links below a VFIO driver without restoring configuration space,
 * and treats an unrecovered device as offline. A device that the kernel discovers again is set up
 * completely.
 */
static int plan_release_replug_lost(const struct release *release, const struct device *current,
				    const struct record_device *member)
{
	const char *when = current->errors.state == ERROR_FATAL ? "if-lost" : "always";

	if (!release->record->recovery || !error_state_is_lost(current->errors.state) ||
	    !plan_release_on_claim_driver(current, member) || !plan_release_can_replug(current))
		return 0;
	return steps_add_device(release->steps, STEP_REPLUG, current, when);
}

/* Returns whether the host's override must wait until the member is back on its driver. */
static bool plan_release_defers_override(const struct release *release,
					 const struct device *current,
					 const struct record_device *member)
{
	return host_override_refuses(member) &&
	       str_eq(plan_release_final_driver(release, member), member->host_driver) &&
	       plan_release_moves(release, current, member);
}

static int plan_release_set_override(const struct release *release, const struct device *current,
				     const struct record_device *member, const char *wanted)
{
	if (release->mode == ON_RELEASE_KEEP ||
	    str_eq(host_override_present(current, member), wanted) ||
	    !host_override_is_known(current, member))
		return 0;
	return steps_add_device(release->steps, STEP_SET_OVERRIDE, current, wanted);
}

static int plan_release_restore_override(const struct release *release,
					 const struct device *current,
					 const struct record_device *member)
{
	bool deferred = plan_release_defers_override(release, current, member);

	return plan_release_set_override(release, current, member,
					 deferred ? member->host_driver : member->host_override);
}

/* Restores the overrides that have waited for the rebind. */
static int plan_release_restore_deferred(const struct release *release,
					 const struct device *current,
					 const struct record_device *member)
{
	if (release->mode == ON_RELEASE_KEEP || plan_release_ends_on_vfio(release, member) ||
	    !host_override_is_known(current, member) ||
	    !plan_release_defers_override(release, current, member))
		return 0;
	return steps_add_device(release->steps, STEP_SET_OVERRIDE, current, member->host_override);
}

static int plan_release_restore_host_override(const struct release *release,
					      const struct device *current,
					      const struct record_device *member)
{
	if (plan_release_ends_on_vfio(release, member))
		return 0;
	return plan_release_restore_override(release, current, member);
}

static int plan_release_restore_vfio_override(const struct release *release,
					      const struct device *current,
					      const struct record_device *member)
{
	if (!plan_release_ends_on_vfio(release, member))
		return 0;
	return plan_release_restore_override(release, current, member);
}

static int plan_release_rebind_to_host(const struct release *release, const struct device *current,
				       const struct record_device *member)
{
	if (plan_release_ends_on_vfio(release, member) ||
	    !plan_release_moves(release, current, member))
		return 0;
	return steps_add_device(release->steps, STEP_REBIND, current,
				plan_release_final_driver(release, member));
}

static int plan_release_rebind_to_vfio(const struct release *release, const struct device *current,
				       const struct record_device *member)
{
	if (!plan_release_ends_on_vfio(release, member))
		return 0;
	if (!plan_release_moves(release, current, member) &&
	    !plan_release_leaves_driver(release, current, member) &&
	    !plan_release_must_yield_to_ehci(release, current, member))
		return 0;
	return steps_add_device(release->steps, STEP_REBIND, current,
				plan_release_final_driver(release, member));
}

/* --- the steps of all members --- */

static int plan_release_unbind_all(const struct release *release)
{
	return plan_release_for_members(release, false, plan_release_unbind);
}

/*
 * Restores bridges first: they are back on their drivers before the devices behind them are probed.
 * Members that end on a VFIO driver are bound last: when a host driver takes an EHCI, it must not
 * find a companion on VFIO (device.h). They keep the override of the claim until then, because the
 * host may have bound them with an override that it has removed since.
 */
static int plan_release_restore_all(const struct release *release)
{
	static const struct {
		bool bridges;
		plan_release_fn fn;
	} order[] = {
		{ true, plan_release_restore_override },
		{ false, plan_release_restore_host_override },
		{ true, plan_release_rebind_to_host },
		{ true, plan_release_restore_deferred },
		{ false, plan_release_rebind_to_host },
		{ false, plan_release_restore_deferred },
		{ false, plan_release_rebind_to_vfio },
		{ false, plan_release_restore_vfio_override },
	};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		int r = plan_release_for_members(release, order[i].bridges, order[i].fn);

		if (r < 0)
			return r;
	}
	return 0;
}

const struct device *plan_release_find_lost(const struct inventory *inv,
					    const struct record *record)
{
	if (!record->used || record->recovery)
		return NULL;
	VEC_FOREACH(const struct record_device, member, &record->devices) {
		const struct device *current = inventory_find(inv, member->key);

		if (current && plan_release_on_claim_driver(current, member) &&
		    error_state_is_lost(current->errors.state))
			return current;
	}
	return NULL;
}

static int plan_release_give_back(const struct release *release)
{
	int r = new_id_plan_undo(release->inv, release->record, release->steps);

	if (r < 0)
		return r;
	r = plan_release_for_members(release, false, plan_release_remove_vfs);
	if (r < 0)
		return r;
	r = plan_release_for_members(release, false, plan_release_reset);
	if (r < 0)
		return r;
	r = plan_release_for_members(release, false, plan_release_restore_methods);
	if (r < 0)
		return r;
	r = plan_release_unbind_all(release);
	if (r < 0)
		return r;
	r = plan_release_for_members(release, false, plan_release_replug_lost);
	if (r < 0)
		return r;
	return plan_release_restore_all(release);
}

int plan_release(const struct inventory *inv, const struct record *record, struct vec *ret_steps)
{
	_cleanup_steps_ struct vec steps = { 0 };
	const struct release release = { inv, record, plan_release_mode(record), &steps };
	int r = plan_release_revoke_and_prove(&release);

	if (r < 0)
		return r;
	if (!plan_release_find_lost(inv, record)) {
		r = plan_release_give_back(&release);
		if (r < 0)
			return r;
	}
	*ret_steps = TAKE_STRUCT(steps);
	return 0;
}

/*
 * Leaves out reset_method: the kernel need not accept the whole list any more, and the step that
 * restores it does not succeed before it has restored the rest.
 */
bool plan_release_is_complete(const struct inventory *inv, const struct record *record)
{
	_cleanup_steps_ struct vec steps = { 0 };
	const struct release release = { inv, record, plan_release_mode(record), &steps };

	if (plan_release_unbind_all(&release) < 0 || plan_release_restore_all(&release) < 0)
		return false;
	return steps.n == 0;
}
