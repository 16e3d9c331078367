/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fills in the claimer, and what the host had before. */

#include <errno.h>
#include <systemd/sd-id128.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/strv.h"
#include "daemon/claim-record.h"
#include "policy/plan/vfio-choice.h"
#include "sys/process.h"
#include "sys/state/run-dir.h"

static int claim_record_fill(struct record *record, const struct claim_request *request)
{
	record->since = clock_usec(CLOCK_REALTIME);
	record->uid = request->uid;
	record->gid = request->gid;
	record->pid = request->pid;
	record->access = request->access;
	record->persistent = request->persistent;
	if (record->pid > 0) {
		/* facts about a process that has exited stay unknown */
		if (process_start_time(record->pid, &record->start_time) < 0)
			record->start_time = 0;
		if (process_unit(record->pid, &record->unit) < 0)
			record->unit = NULL;
	}
	return str_set(&record->label, request->label);
}

/* Notes the soft blockers that this claim overrides. 0 or -ENOMEM. */
static int claim_record_note_forced(struct record *record, const struct devgroup *group)
{
	VEC_FOREACH(const struct blocker, blocker, &group->resolved.blockers) {
		_cleanup_free_ char *line =
			str_printf("%s %s", blocker->code, str_or(blocker->device, ""));

		if (!line || strv_add(&record->forced, str_chomp(line)) < 0)
			return -ENOMEM;
	}
	return 0;
}

int claim_record_new(const struct registry *registry, const struct devgroup *group,
		     const struct claim_request *request, struct record **ret)
{
	_cleanup_record_ struct record *record = NULL;
	char id[SD_ID128_STRING_MAX];
	sd_id128_t random;
	int r = sd_id128_randomize(&random);

	if (r < 0)
		return r;
	sd_id128_to_string(random, id);
	id[16] = '\0'; /* 64 bits tell leases apart, and a person can read them aloud */
	record = record_new(group->def->name, id);
	if (!record)
		return -ENOMEM;
	r = claim_record_fill(record, request);
	if (r < 0)
		return r;
	if (request->force) {
		r = claim_record_note_forced(record, group);
		if (r < 0)
			return r;
	}
	record->interface = vfio_choice_interface(host_inventory(registry_host(registry)),
						  &group->resolved.devices, request->interface,
						  request->access);
	*ret = TAKE_PTR(record);
	return 0;
}

int claim_record_restore_kept(const struct registry *registry, struct record *record)
{
	_cleanup_record_ struct record *kept = NULL;
	int r = run_dir_load_kept(host_run_dir(registry_host(registry)), record->group, &kept);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	VEC_FOREACH(struct record_device, member, &record->devices) {
		const struct record_device *before = record_find_device(kept, member->key);

		if (!before || !str_eq(before->driver, member->host_driver))
			continue;
		if (str_set(&member->host_driver, before->host_driver) < 0 ||
		    str_set(&member->host_override, before->host_override) < 0)
			return -ENOMEM;
	}
	return 0;
}
