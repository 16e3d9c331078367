/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Floor 4. Nodes that holders open by path: what a step granted once is kept for as long as the lease lives. */

#include <errno.h>

#include "log.h"
#include "nodeacl.h"
#include "plan.h"
#include "registry-private.h"
#include "strutil.h"
#include "vfionode.h"

static bool is_by_path(const struct lease *lease)
{
	return lease && lease->state == LEASE_CLAIMED && lease->record->access == ACCESS_NODE &&
	       lease->record->uid != 0;
}

static void keep(const char *path, const struct record *record)
{
	int r = path ? nodeacl_grant(path, record->uid) : -ENOMEM;

	/* a device that is off its VFIO driver just now has no node */
	if (r < 0 && r != -ENOENT)
		log_warning_errno(r, "Cannot let uid %u open %s, which the lease of group %s is about",
				  (unsigned)record->uid, str_or(path, "a node"), record->group);
}

static void keep_group_nodes(const struct record *record)
{
	_cleanup_free_ int *groups = NULL;
	size_t n = 0;

	if (!interface_has_group(record->interface) || record_iommu_groups(record, &groups, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *path = str_printf("/dev/vfio/%d", groups[i]);

		keep(path, record);
	}
}

static void keep_device_nodes(const struct sysroot *root, const struct record *record)
{
	if (!interface_has_iommufd(record->interface))
		return;
	keep(PLAN_IOMMUFD_NODE, record);
	VEC_FOREACH(const struct record_device, device, &record->devices) {
		_cleanup_free_ char *path = NULL;

		if (device->driver && vfionode_of_device(root, device->bus, device->address, &path) >= 0 &&
		    path)
			keep(path, record);
	}
}

void leasenodes_keep(const struct registry *registry)
{
	VEC_FOREACH(const struct devgroup, group, &registry->groups) {
		if (!is_by_path(group->lease))
			continue;
		keep_group_nodes(group->lease->record);
		keep_device_nodes(host_root(registry->host), group->lease->record);
	}
}

void leasenodes_let_go(const struct registry *registry, const struct lease *lease)
{
	const struct record *record = lease->record;
	int r;

	if (record->access != ACCESS_NODE || !interface_has_iommufd(record->interface) || record->uid == 0)
		return;
	VEC_FOREACH(const struct devgroup, group, &registry->groups)
		if (group->lease && group->lease != lease && is_by_path(group->lease) &&
		    group->lease->record->uid == record->uid &&
		    interface_has_iommufd(group->lease->record->interface))
			return;
	r = nodeacl_revoke(PLAN_IOMMUFD_NODE, record->uid);
	if (r < 0 && r != -ENOENT)
		log_warning_errno(r, "Cannot take %s back from uid %u", PLAN_IOMMUFD_NODE,
				  (unsigned)record->uid);
}
