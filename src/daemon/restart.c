/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Floor 4. What an earlier daemon left behind: its records are taken up, each into its lease or back to the host. */

#include <errno.h>

#include "fdstore.h"
#include "log.h"
#include "registry-private.h"
#include "rundir.h"
#include "strutil.h"

static int set_aside(struct registry *registry, const struct rundir_entry *entry)
{
	struct devgroup *group = registry_find(registry, entry->group);

	log_error("The record of group %s cannot be used: %s", entry->group, entry->error);
	if (!group)
		return 0;
	free(group->set_aside);
	group->set_aside = str_printf("its record in the run directory cannot be used: %s. See that its "
				      "devices are with their host drivers, remove the record, and "
				      "restart devgroupd.",
				      entry->error);
	return group->set_aside ? 0 : -ENOMEM;
}

static int take_up(struct registry *registry, struct rundir_entry *entry)
{
	struct devgroup *group = registry_find(registry, entry->group);
	struct lease *lease;
	int r;

	if (!group)
		group = registry_add_orphan(registry, entry->record);
	if (!group)
		return -ENOMEM;
	r = lease_new(registry->host, entry->record, &claims_lease_observer, group, &lease);
	if (r < 0)
		return r;
	entry->record = NULL;
	group->lease = lease;
	lease_adopt(lease, fdstore_take(lease->record->lease));
	return 0;
}

int restart_take_up(struct registry *registry)
{
	_cleanup_(rundir_entries_clear) struct vec entries = { 0 };
	int r = rundir_load(host_run_dir(registry->host), &entries);

	if (r < 0)
		return r;
	VEC_FOREACH(struct rundir_entry, entry, &entries) {
		r = entry->record ? take_up(registry, entry) : set_aside(registry, entry);
		if (r < 0)
			return r;
	}
	fdstore_drop_rest();
	return 0;
}
