/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Nodes that holders open by path: what a step granted once is kept for as long as the lease lives. */

#include <errno.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/registry-private.h"
#include "policy/plan/plan.h"
#include "sys/step/node-acl.h"
#include "sys/vfio-node.h"

/* --- what they are ----------------------------------------------------------------------------- */

static int list_group_nodes(const struct record *record, char ***nodes)
{
	_cleanup_free_ int *groups = NULL;
	size_t n = 0;
	int r = record_iommu_groups(record, &groups, &n);

	for (size_t i = 0; r >= 0 && i < n; i++) {
		_cleanup_free_ char *path = str_printf("/dev/vfio/%d", groups[i]);

		r = path ? strv_add(nodes, path) : -ENOMEM;
	}
	return r;
}

static int list_device_nodes(const struct sysroot *root, const struct record *record, char ***nodes)
{
	int r = strv_add(nodes, PLAN_IOMMUFD_NODE);

	VEC_FOREACH(const struct record_device, device, &record->devices) {
		_cleanup_free_ char *path = NULL;

		if (r < 0 || !device->driver)
			continue;
		r = vfionode_of_device(root, device->bus, device->address, &path);
		if (r >= 0 && path)
			r = strv_add(nodes, path);
	}
	return r;
}

int lease_nodes(const struct lease *lease, char ***ret)
{
	const struct record *record = lease->record;
	_cleanup_strv_ char **nodes = NULL;
	int r = 0;

	if (interface_has_group(record->interface))
		r = list_group_nodes(record, &nodes);
	if (r >= 0 && interface_has_iommufd(record->interface))
		r = list_device_nodes(host_root(lease->host), record, &nodes);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(nodes);
	return 0;
}

/* --- keeping them ------------------------------------------------------------------------------ */

static bool is_by_path(const struct lease *lease)
{
	return lease && lease->state == LEASE_CLAIMED && lease->record->access == ACCESS_NODE &&
	       lease->record->uid != 0;
}

static void keep(const char *path, const struct record *record)
{
	int r = nodeacl_grant(path, record->uid);

	/* a device that is off its VFIO driver just now has no node */
	if (r < 0 && r != -ENOENT)
		log_warning_errno(r, "Cannot let uid %u open %s, which the lease of group %s is about",
				  (unsigned)record->uid, path, record->group);
}

void leasenodes_keep(const struct registry *registry)
{
	VEC_FOREACH(const struct devgroup, group, &registry->groups) {
		_cleanup_strv_ char **nodes = NULL;

		if (!is_by_path(group->lease) || lease_nodes(group->lease, &nodes) < 0)
			continue;
		STRV_FOREACH(node, nodes)
			keep(*node, group->lease->record);
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
