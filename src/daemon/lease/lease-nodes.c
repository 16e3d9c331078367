/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Nodes that holders open by path. A step grants them once. This file grants them again while the
 * lease lives, because a rebind makes new nodes.
 */

#include <errno.h>

#include "base/log.h"
#include "base/str.h"
#include "base/strv.h"
#include "daemon/lease/lease-nodes.h"
#include "policy/plan/plan.h"
#include "sys/step/node-acl.h"
#include "sys/vfio-node.h"

/* --- the nodes of a lease --- */

static int lease_nodes_list_groups(const struct record *record, char ***nodes)
{
	_cleanup_free_ int *groups = NULL;
	size_t n = 0;
	int r = record_iommu_groups(record, &groups, &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *path = str_printf("/dev/vfio/%d", groups[i]);

		if (!path)
			return -ENOMEM;
		r = strv_add(nodes, path);
		if (r < 0)
			return r;
	}
	return 0;
}

static int lease_nodes_list_devices(const struct sysfs_root *root, const struct record *record,
				    char ***nodes)
{
	int r = strv_add(nodes, PLAN_IOMMUFD_NODE);

	if (r < 0)
		return r;
	VEC_FOREACH(const struct record_device, device, &record->devices) {
		_cleanup_free_ char *path = NULL;

		if (!device->driver)
			continue;
		r = vfio_node_of_device(root, device->bus, device->address, &path);
		if (r < 0)
			return r;
		if (!path)
			continue;
		r = strv_add(nodes, path);
		if (r < 0)
			return r;
	}
	return 0;
}

int lease_nodes_list(const struct lease *lease, char ***ret)
{
	const struct record *record = lease->record;
	_cleanup_strv_ char **nodes = NULL;
	int r;

	if (record_interface_has_group(record->interface)) {
		r = lease_nodes_list_groups(record, &nodes);
		if (r < 0)
			return r;
	}
	if (record_interface_has_iommufd(record->interface)) {
		r = lease_nodes_list_devices(host_root(lease->host), record, &nodes);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(nodes);
	return 0;
}

/* --- access --- */

static bool lease_nodes_is_by_path(const struct lease *lease)
{
	return lease->state == LEASE_CLAIMED && lease->record->access == ACCESS_NODE &&
	       lease->record->uid != 0;
}

static void lease_nodes_grant(const struct lease *lease, const char *path)
{
	const struct record *record = lease->record;
	int r = node_acl_grant(host_root(lease->host), path, record->uid);

	/* A device without its VFIO driver has no node. */
	if (r < 0 && r != -ENOENT)
		log_warning_errno(r, "Cannot grant uid %u access to %s for the lease of group %s",
				  (unsigned)record->uid, path, record->group);
}

void lease_nodes_refresh(const struct lease *lease)
{
	_cleanup_strv_ char **nodes = NULL;

	if (!lease_nodes_is_by_path(lease) || lease_nodes_list(lease, &nodes) < 0)
		return;
	STRV_FOREACH(node, nodes)
		lease_nodes_grant(lease, *node);
}

bool lease_nodes_are_shared(const struct lease *lease, const struct lease *other)
{
	return lease_nodes_is_by_path(other) && other->record->uid == lease->record->uid &&
	       record_interface_has_iommufd(other->record->interface);
}

void lease_nodes_revoke(const struct lease *lease)
{
	const struct record *record = lease->record;
	int r;

	if (record->access != ACCESS_NODE || !record_interface_has_iommufd(record->interface) ||
	    record->uid == 0)
		return;
	r = node_acl_revoke(host_root(lease->host), PLAN_IOMMUFD_NODE, record->uid);
	if (r < 0 && r != -ENOENT)
		log_warning_errno(r, "Cannot take %s back from uid %u", PLAN_IOMMUFD_NODE,
				  (unsigned)record->uid);
}
