/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Prepares a release: reads the host and computes the steps. */

#include <errno.h>

#include "base/str.h"
#include "base/strv.h"
#include "daemon/lease/lease-files.h"
#include "daemon/lease/lease-private.h"
#include "policy/plan/plan.h"
#include "sys/state/run-dir.h"

/*
 * Reads all devices: new ids may have bound any of them. Adds the devices of other leases to those
 * that this release leaves alone.
 */
static int lease_release_refresh_all(struct lease *lease)
{
	_cleanup_strv_builder_ struct strv_builder keys = { 0 };
	int r;

	VEC_FOREACH(const struct device, device, &host_inventory(lease->host)->devices) {
		r = strv_builder_add(&keys, device->key);
		if (r < 0)
			return r;
	}
	r = host_refresh(lease->host, keys.list);
	if (r < 0)
		return r;
	return lease->observer->list_others(lease, &lease->record->kept, lease->userdata);
}

/*
 * Checks that no virtual function of the lease's devices is in another lease: it would end with the
 * driver of its PF. Returns 1 if one is, 0, or -ENOMEM.
 */
static int lease_release_wait_for_vfs(struct lease *lease)
{
	_cleanup_strv_ char **claimed = NULL;
	int r = lease->observer->list_others(lease, &claimed, lease->userdata);

	if (r < 0)
		return r;
	VEC_FOREACH(const struct device, device, &host_inventory(lease->host)->devices) {
		if (!device->physfn || !record_find_device(lease->record, device->physfn) ||
		    !strv_contains(claimed, device->key))
			continue;
		lease_state_set_trouble(lease, str_printf("%s, a virtual function of %s, is "
							  "claimed and has to be released first",
							  device->key, device->physfn));
		lease->busy_group = device->iommu_group;
		return 1;
	}
	return 0;
}

/* A device without a driver has left it: a release was interrupted, or another program did it. */
static void lease_release_note_left(struct lease *lease)
{
	VEC_FOREACH(struct record_device, member, &lease->record->devices) {
		const struct device *current =
			inventory_find(host_inventory(lease->host), member->key);

		if (current && !current->driver)
			member->left = true;
	}
}

int lease_release_prepare(struct lease *lease, struct vec *ret_steps)
{
	int r;

	lease_files_revoke(lease);
	/* Copies in the daemon would keep the group open. */
	lease_fds_clear(lease);
	if (lease->record->used && lease->record->on_release == ON_RELEASE_KEEP) {
		/*
		 * The next claim finds the VFIO driver. This copy of the record tells it the host
		 * driver.
		 */
		r = run_dir_save_kept(host_run_dir(lease->host), lease->record);
		if (r < 0)
			return r;
	}
	r = lease_state_save_phase(lease, PHASE_RELEASING);
	if (r < 0)
		return r;
	r = lease_state_refresh_members(lease);
	if (r < 0)
		return r;
	lease_release_note_left(lease);
	if (lease->record->new_ids) {
		r = lease_release_refresh_all(lease);
		if (r < 0)
			return r;
	}
	r = lease_release_wait_for_vfs(lease);
	if (r != 0)
		return r;
	lease->keeps_dirty = plan_release_find_lost(host_inventory(lease->host), lease->record);
	return plan_release(host_inventory(lease->host), lease->record, ret_steps);
}
