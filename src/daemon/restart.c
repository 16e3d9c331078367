/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Adopts the records of an earlier daemon: a lease continues, or its devices go back. */

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/restart.h"
#include "sys/state/fd-store.h"
#include "sys/state/run-dir.h"

/* --- records that cannot be used --- */

/* A record file that blocks its group, if that is defined, until the file is removed. */
struct bad_record {
	char *group, *file, *why;
};

static struct bad_record *bad_record_free(struct bad_record *bad_record)
{
	if (!bad_record)
		return NULL;
	free(bad_record->group);
	free(bad_record->file);
	free(bad_record->why);
	free(bad_record);
	return NULL;
}

DEFINE_CLEANUP(struct bad_record *, bad_record_freep, bad_record_free)

static DEFINE_VEC_CLEAR(bad_records_clear, struct bad_record, bad_record_free);

void restart_clear_bad_records(struct restart *restart)
{
	bad_records_clear(&restart->bad_records);
}

static int restart_add_bad_record(struct restart *restart, const struct run_dir_entry *entry,
				  const char *why)
{
	_cleanup_(bad_record_freep) struct bad_record *bad_record = calloc(1, sizeof(*bad_record));
	int run_dir = host_run_dir(registry_host(restart->registry));
	int r;

	if (!bad_record)
		return -ENOMEM;
	bad_record->group = strdup(entry->group);
	if (!bad_record->group)
		return -ENOMEM;
	bad_record->file = run_dir_path(run_dir, entry->group);
	if (!bad_record->file)
		return -ENOMEM;
	bad_record->why =
		str_printf("the record cannot be used: %s. Check that the devices of group "
			   "%s are on their host drivers, remove the record, and run \"devgroupctl "
			   "reload\".",
			   why, entry->group);
	if (!bad_record->why)
		return -ENOMEM;
	r = vec_add(&restart->bad_records, bad_record);
	if (r < 0)
		return r;
	bad_record = NULL; /* owned by the list */
	return 0;
}

static int bad_record_report(struct registry *registry, const struct bad_record *bad_record)
{
	struct devgroup *group = registry_find(registry, bad_record->group);

	if (!problems_add(registry_problems(registry), bad_record->file, 0, 0, bad_record->why))
		return -ENOMEM;
	if (!group)
		return 0;
	return str_set(&group->record_problem, bad_record->why);
}

int restart_report_bad_records(struct restart *restart)
{
	struct registry *registry = restart->registry;

	VEC_FOREACH(struct devgroup, group, registry_groups(registry)) {
		free(group->record_problem);
		group->record_problem = NULL;
	}
	for (size_t i = restart->bad_records.n; i-- > 0;) {
		struct bad_record *bad_record = restart->bad_records.items[i];

		if (run_dir_has(host_run_dir(registry_host(registry)), bad_record->group)) {
			if (bad_record_report(registry, bad_record) < 0)
				return -ENOMEM;
			continue;
		}
		vec_remove(&restart->bad_records, bad_record);
		bad_record_free(bad_record);
	}
	return 0;
}

/* --- records that can be used --- */

/* Finds the group whose lease already has a device of @record. NULL: none. */
static const struct devgroup *restart_find_rival(const struct registry *registry,
						 const struct record *record,
						 const char **ret_device)
{
	VEC_FOREACH(const struct devgroup, group, registry_groups(registry)) {
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

static int restart_refuse_record(struct restart *restart, const struct run_dir_entry *entry,
				 const struct devgroup *rival, const char *device)
{
	_cleanup_free_ char *why =
		str_printf("%s is in the record of group %s as well", device, rival->def->name);

	if (!why)
		return -ENOMEM;
	return restart_add_bad_record(restart, entry, why);
}

static int restart_adopt_record(struct restart *restart, struct run_dir_entry *entry)
{
	struct registry *registry = restart->registry;
	const struct devgroup *rival;
	struct devgroup *group;
	const char *device;

	rival = restart_find_rival(registry, entry->record, &device);
	if (rival)
		return restart_refuse_record(restart, entry, rival, device);
	group = registry_find(registry, entry->group);
	if (!group)
		group = registry_add_orphan(registry, entry->record);
	if (!group)
		return -ENOMEM;
	return leases_adopt(restart->leases, group, &entry->record);
}

static bool restart_is_lease(const char *lease, void *userdata)
{
	return registry_find_lease(userdata, lease) != NULL;
}

int restart_adopt_all(struct restart *restart)
{
	struct registry *registry = restart->registry;
	_cleanup_(run_dir_entries_clear) struct vec entries = { 0 };
	int r = run_dir_load(host_run_dir(registry_host(registry)), &entries);

	if (r < 0)
		return r;
	VEC_FOREACH(struct run_dir_entry, entry, &entries) {
		if (entry->record)
			r = restart_adopt_record(restart, entry);
		else
			r = restart_add_bad_record(restart, entry, entry->error);
		if (r < 0)
			return r;
	}
	/* descriptors and pipes of a record that only another version can read stay for it */
	fd_store_close_rest(restart->bad_records.n > 0);
	if (restart->bad_records.n == 0)
		run_dir_tidy(host_run_dir(registry_host(registry)), restart_is_lease, registry);
	return restart_report_bad_records(restart);
}
