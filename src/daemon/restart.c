/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What an earlier daemon left behind: its records are taken up, each into its lease or back to the host. */

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/registry-private.h"
#include "sys/state/fd-store.h"
#include "sys/state/run-dir.h"

/* --- records that cannot be used --------------------------------------------------------------- */

static void *aside_free(void *data)
{
	struct aside *aside = data;

	if (!aside)
		return NULL;
	free(aside->group);
	free(aside->file);
	free(aside->why);
	free(aside);
	return NULL;
}

void restart_forget(struct registry *registry)
{
	vec_clear(&registry->asides, aside_free);
}

static int set_aside(struct registry *registry, const struct rundir_entry *entry, const char *why)
{
	struct aside *aside = calloc(1, sizeof(*aside));

	if (!aside)
		return -ENOMEM;
	aside->group = strdup(entry->group);
	aside->file = rundir_path(host_run_dir(registry->host), entry->group);
	aside->why = str_printf("the record cannot be used: %s. See that the devices of group %s are with "
				"their host drivers, remove the record, and run \"devgroupctl reload\".",
				why, entry->group);
	if (!aside->group || !aside->file || !aside->why || vec_add(&registry->asides, aside) < 0) {
		aside_free(aside);
		return -ENOMEM;
	}
	return 0;
}

static int report(struct registry *registry, const struct aside *aside)
{
	struct devgroup *group = registry_find(registry, aside->group);

	if (!registry_add_problem(registry, aside->file, 0, 0, aside->why))
		return -ENOMEM;
	return group ? str_set(&group->set_aside, aside->why) : 0;
}

int restart_report(struct registry *registry)
{
	VEC_FOREACH(struct devgroup, group, &registry->groups) {
		free(group->set_aside);
		group->set_aside = NULL;
	}
	for (size_t i = registry->asides.n; i-- > 0;) {
		struct aside *aside = registry->asides.items[i];

		if (rundir_has(host_run_dir(registry->host), aside->group)) {
			if (report(registry, aside) < 0)
				return -ENOMEM;
			continue;
		}
		vec_remove(&registry->asides, aside);
		aside_free(aside);
	}
	return 0;
}

/* --- and those that can ------------------------------------------------------------------------ */

/* The group that has one of its devices already. NULL: none. */
static const struct devgroup *find_rival(const struct registry *registry, const struct record *record,
					 const char **ret_device)
{
	VEC_FOREACH(const struct devgroup, group, &registry->groups) {
		if (!group->lease)
			continue;
		VEC_FOREACH(const struct record_device, member, &record->devices)
			if (record_find_device(group->lease->record, member->key)) {
				*ret_device = member->key;
				return group;
			}
	}
	return NULL;
}

static int take_up(struct registry *registry, struct rundir_entry *entry)
{
	struct devgroup *group = registry_find(registry, entry->group);
	const char *device;
	const struct devgroup *rival = find_rival(registry, entry->record, &device);
	struct lease *lease;
	int r;

	if (rival) {
		_cleanup_free_ char *why = str_printf("%s is in the record of group %s as well", device,
						      rival->def->name);

		return why ? set_aside(registry, entry, why) : -ENOMEM;
	}
	if (!group)
		group = registry_add_orphan(registry, entry->record);
	if (!group)
		return -ENOMEM;
	r = lease_new(registry->host, entry->record, &leasenews_observer, group, &lease);
	if (r < 0)
		return r;
	entry->record = NULL;
	group->lease = lease;
	lease_adopt(lease, fdstore_take(lease->record->lease));
	return 0;
}

static bool is_lease(const char *lease, void *userdata)
{
	return registry_find_lease(userdata, lease) != NULL;
}

int restart_take_up(struct registry *registry)
{
	_cleanup_(rundir_entries_clear) struct vec entries = { 0 };
	int r = rundir_load(host_run_dir(registry->host), &entries);

	if (r < 0)
		return r;
	VEC_FOREACH(struct rundir_entry, entry, &entries) {
		r = entry->record ? take_up(registry, entry) : set_aside(registry, entry, entry->error);
		if (r < 0)
			return r;
	}
	/* what belongs to a record that only another version can read is kept for that one */
	fdstore_close_rest(registry->asides.n > 0);
	if (registry->asides.n == 0)
		rundir_tidy(host_run_dir(registry->host), is_lease, registry);
	return restart_report(registry);
}
