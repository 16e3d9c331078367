/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The kernel module's filtered "config" and "resource" belong to the holder while the lease lives.
 * A crash leaves nothing to undo here: the next daemon first gives all of them back to root.
 */

#include <errno.h>

#include "base/log.h"
#include "daemon/lease/lease-files.h"
#include "sys/probe/probe-kmod.h"

static void lease_files_assign(const struct host *host, const struct device *device, uid_t uid)
{
	int r = probe_kmod_grant(host_root(host), device, uid);

	/* the event of a directory that the module is still making leads here again */
	if (r < 0 && r != -ENOENT)
		log_warning_errno(r, "Cannot give the files of %s in /sys/devgroups to uid %u",
				  device->key, (unsigned)uid);
}

static void lease_files_assign_all(const struct lease *lease, uid_t uid)
{
	const struct inventory *inv = host_inventory(lease->host);

	VEC_FOREACH(const struct record_device, entry, &lease->record->devices) {
		const struct device *device = inventory_find(inv, entry->key);

		if (device && device->source)
			lease_files_assign(lease->host, device, uid);
	}
}

void lease_files_reset(const struct host *host)
{
	VEC_FOREACH(const struct device, device, &host_inventory(host)->devices)
		if (device->source)
			lease_files_assign(host, device, 0);
}

void lease_files_refresh(const struct lease *lease)
{
	if (lease->state == LEASE_CLAIMED)
		lease_files_assign_all(lease, lease->record->uid);
}

void lease_files_revoke(const struct lease *lease)
{
	lease_files_assign_all(lease, 0);
}
