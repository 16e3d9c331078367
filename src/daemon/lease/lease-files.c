/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The kernel module's filtered "config" and "resource" are the holder's for as long as the lease
 * lives. Nothing of it is to be undone after a crash but by the next daemon, which looks at all of
 * them before anything else: they are the module's, and root's where nobody claims.
 */

#include <errno.h>

#include "base/log.h"
#include "daemon/registry-private.h"
#include "sys/probe/probe-kmod.h"

static void lease_files_assign(const struct registry *registry, const struct device *device,
			       uid_t uid)
{
	int r = probe_kmod_grant(host_root(registry->host), device, uid);

	/* a directory that is just being made has an event, which brings us here again */
	if (r < 0 && r != -ENOENT)
		log_warning_errno(r, "Cannot give the files of %s in /sys/devgroups to uid %u",
				  device->key, (unsigned)uid);
}

static void lease_files_assign_all(const struct registry *registry, const struct lease *lease,
				   uid_t uid)
{
	const struct inventory *inv = host_inventory(registry->host);

	VEC_FOREACH(const struct record_device, entry, &lease->record->devices) {
		const struct device *device = inventory_find(inv, entry->key);

		if (device && device->source)
			lease_files_assign(registry, device, uid);
	}
}

void lease_files_refresh(const struct registry *registry)
{
	if (!registry->started)
		VEC_FOREACH(const struct device, device, &host_inventory(registry->host)->devices)
			if (device->source)
				lease_files_assign(registry, device, 0);
	VEC_FOREACH(const struct devgroup, group, &registry->groups)
		if (group->lease && group->lease->state == LEASE_CLAIMED)
			lease_files_assign_all(registry, group->lease, group->lease->record->uid);
}

void lease_files_revoke(const struct registry *registry, const struct lease *lease)
{
	lease_files_assign_all(registry, lease, 0);
}
