/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Derives what a group shows: its state, its holder, what blocks a claim. */

#include <errno.h>
#include <pwd.h>
#include <string.h>

#include "base/private.h"
#include "base/str.h"
#include "base/strv.h"
#include "daemon/group.h"
#include "sys/process.h"

struct devgroup *group_new(struct group_def *def)
{
	struct devgroup *group = calloc(1, sizeof(*group));

	if (group)
		group->def = def;
	else
		group_def_free(def);
	return group;
}

struct devgroup *group_free(struct devgroup *group)
{
	if (!group)
		return NULL;
	lease_free(group->lease);
	resolved_group_clear(&group->resolved);
	group_def_free(group->def);
	vec_drop(&group->waiting);
	free(group->announced);
	free(group->record_problem);
	free(group);
	return NULL;
}

const char *group_state(const struct devgroup *group)
{
	if (group->lease)
		return lease_visible_state(group->lease);
	if (group->record_problem)
		return "stuck";
	if (group->resolved.absent)
		return "absent";
	if (error_state_is_lost(group_error_state(group)))
		return "dirty";
	if (group->resolved.blockers.n > 0)
		return "blocked";
	return group->def->reserved_for ? "reserved" : "available";
}

enum error_state group_error_state(const struct devgroup *group)
{
	enum error_state worst = ERROR_OK;

	VEC_FOREACH(const struct device, device, &group->resolved.devices)
		if (device->errors.state > worst)
			worst = device->errors.state;
	return worst;
}

const struct blocker *group_find_obstacle(const struct devgroup *group, const char *but)
{
	VEC_FOREACH(const struct blocker, blocker, &group->resolved.blockers)
		if (!str_eq(blocker->code, but) &&
		    (blocker->hard || str_eq(blocker->code, "network-up") ||
		     str_eq(blocker->code, "in-use")))
			return blocker;
	return NULL;
}

static char *group_user_name(uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);

	return pw ? strdup(pw->pw_name) : str_printf("uid %u", (unsigned)uid);
}

/* Guards against a reused pid: the name of another process would mislead. */
static bool group_holder_is_same(const struct record *record)
{
	uint64_t start_time;

	return process_start_time(record->pid, &start_time) >= 0 &&
	       start_time == record->start_time;
}

/* Returns ", pid 812 (qemu)" as a part that its user may read. NULL when out of memory. */
static char *group_describe_process(const struct record *record)
{
	_cleanup_free_ char *name = NULL, *detail = NULL;

	if (group_holder_is_same(record) && process_name(record->pid, &name) >= 0)
		detail = str_printf(", pid %d (%s)", (int)record->pid, name);
	else
		detail = str_printf(", pid %d", (int)record->pid);
	return detail ? private_mark(record->uid, detail, "") : NULL;
}

static char *group_describe_holder(const struct record *record)
{
	_cleanup_free_ char *user = group_user_name(record->uid), *process = NULL;

	if (!user)
		return NULL;
	/* the process that made a persistent claim usually has exited */
	if (!record->persistent && record->pid > 0) {
		process = group_describe_process(record);
		if (!process)
			return NULL;
	}
	return str_printf("%s%s%s%s", user, str_or(process, ""), record->label ? ", label " : "",
			  str_or(record->label, ""));
}

char *group_holder(const struct devgroup *group)
{
	struct lease *lease = group->lease;

	if (!lease || lease->state == LEASE_DIRTY)
		return strdup("");
	/* kept: every change of a group asks for it, and the user database is slow */
	if (!lease->holder)
		lease->holder = group_describe_holder(lease->record);
	return lease->holder ? strdup(lease->holder) : NULL;
}

/* Adds what keeps the lease from ending. */
static int group_add_lease_blockers(const struct devgroup *group, struct vec *ret)
{
	const struct lease *lease = group->lease;

	if (!lease->trouble)
		return 0;
	return blocker_add(ret, true, lease_visible_state(lease), "", "%s.", lease->trouble);
}

int group_blockers(const struct devgroup *group, struct vec *ret)
{
	_cleanup_blockers_ struct vec copy = { 0 };

	VEC_FOREACH(const struct blocker, blocker, &group->resolved.blockers)
		if (blocker_add(&copy, blocker->hard, blocker->code, blocker->device, "%s",
				blocker->text) < 0)
			return -ENOMEM;
	if (group->lease && group_add_lease_blockers(group, &copy) < 0)
		return -ENOMEM;
	if (group->record_problem &&
	    blocker_add(&copy, true, "record", "", "%s", group->record_problem) < 0)
		return -ENOMEM;
	*ret = copy;
	copy = (struct vec){ 0 };
	return 0;
}

/* A group has changed if this string differs. */
char *group_summary(const struct devgroup *group)
{
	_cleanup_free_ char *text = NULL, *holder = group_holder(group);
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "%s|%s|%s|%s|%s|%s", group_state(group), str_or(holder, ""),
		str_or(group->def->description, ""), str_or(group->def->reserved_for, ""),
		group->lease ? str_or(group->lease->trouble, "") : "",
		error_state_to_string(group_error_state(group)));
	VEC_FOREACH(const struct device, device, &group->resolved.devices)
		fprintf(out, "|%s %d", device->key, device->iommu_group);
	VEC_FOREACH(const struct blocker, blocker, &group->resolved.blockers)
		fprintf(out, "|%s %s %s", blocker->code, blocker->device, blocker->text);
	return fclose(out) == 0 ? TAKE_PTR(text) : NULL;
}

int group_keys(const struct devgroup *group, char ***ret)
{
	VEC_FOREACH(const struct device, device, &group->resolved.devices)
		if (strv_add(ret, device->key) < 0)
			return -ENOMEM;
	return 0;
}
