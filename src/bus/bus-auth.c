/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Authorization of calls. This file changes no group and no lease. */

#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "base/str.h"
#include "base/strv.h"
#include "bus/bus-auth.h"
#include "bus/bus-error.h"
#include "bus/bus-peers.h"
#include "bus/bus-polkit.h"

#define MAX_GROUPS 65536 /* NGROUPS_MAX of the kernel */

static gid_t bus_auth_primary_group(uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);

	return pw ? pw->pw_gid : (gid_t)-1;
}

int bus_auth_get_caller(const struct bus *bus, sd_bus_message *message, struct bus_caller *ret)
{
	const struct bus_peer *peer = bus_peers_find(bus, message);

	if (!peer || peer->uid == (uid_t)-1)
		return -ENODATA;
	*ret = (struct bus_caller){
		.uid = peer->uid,
		.gid = bus_auth_primary_group(peer->uid),
		.pid = peer->pid,
	};
	return 0;
}

struct bus_caller bus_auth_holder(const struct bus_caller *caller, uid_t uid)
{
	if (uid == caller->uid)
		return *caller;
	return (struct bus_caller){ .uid = uid, .gid = bus_auth_primary_group(uid) };
}

/* --- the group's file --- */

static bool bus_auth_user_listed(const struct bus_caller *caller, char *const *users)
{
	const struct passwd *pw = getpwuid(caller->uid);
	unsigned number;

	STRV_FOREACH(user, users) {
		if (pw && str_eq(pw->pw_name, *user))
			return true;
		if (str_parse_uint(*user, &number) >= 0 && number == caller->uid)
			return true;
	}
	return false;
}

/* Reads all groups of a user. The caller frees *ret. 0 or negative errno. */
static int bus_auth_get_groups(const struct passwd *pw, gid_t **ret, int *ret_n)
{
	int n = 64;

	for (;;) {
		_cleanup_free_ gid_t *gids = calloc((size_t)n, sizeof(gid_t));

		if (!gids)
			return -ENOMEM;
		if (getgrouplist(pw->pw_name, pw->pw_gid, gids, &n) >= 0) {
			*ret = TAKE_PTR(gids);
			*ret_n = n;
			return 0;
		}
		/* the list was too short; n is now the number of groups */
		if (n > MAX_GROUPS)
			return -E2BIG;
	}
}

static bool bus_auth_group_has_name(gid_t gid, const char *name)
{
	const struct group *gr;
	unsigned number;

	if (str_parse_uint(name, &number) >= 0)
		return number == gid;
	gr = getgrnam(name);
	return gr && gr->gr_gid == gid;
}

/*
 * The user database decides, not the process: a process may drop groups, or have been started
 * before its user joined one.
 */
static bool bus_auth_group_listed(const struct bus_caller *caller, char *const *groups)
{
	const struct passwd *pw = getpwuid(caller->uid);
	_cleanup_free_ gid_t *gids = NULL;
	int n;

	if (!pw || !groups || bus_auth_get_groups(pw, &gids, &n) < 0)
		return false;
	STRV_FOREACH(group, groups)
		for (int i = 0; i < n; i++)
			if (bus_auth_group_has_name(gids[i], *group))
				return true;
	return false;
}

bool bus_auth_may_claim(const struct bus_caller *caller, const struct group_def *def)
{
	return caller->uid == 0 || bus_auth_user_listed(caller, def->users) ||
	       bus_auth_group_listed(caller, def->groups);
}

/* --- polkit --- */

/* Returns the caller's name for a message. The caller frees it; NULL when out of memory. */
static char *bus_auth_caller_name(const struct bus_caller *caller)
{
	const struct passwd *pw = getpwuid(caller->uid);

	if (!pw)
		return str_printf("uid %u", (unsigned)caller->uid);
	return str_printf("%s (uid %u)", pw->pw_name, (unsigned)caller->uid);
}

char *bus_auth_devices(const struct devgroup *group)
{
	_cleanup_strv_ char **keys = NULL;

	VEC_FOREACH(const struct device, device, &group->resolved.devices)
		if (strv_add(&keys, device->key) < 0)
			return NULL;
	return strv_join(keys, " ");
}

/* Returns as bus_auth_claim(). If polkit refuses, its reason follows the text of @denial. */
static int bus_auth_ask_polkit(struct bus *bus, sd_bus_message *call,
			       const struct bus_caller *caller,
			       const struct polkit_question *question, const struct refusal *denial,
			       sd_bus_error *error)
{
	_cleanup_free_ char *reason = NULL;

	/* without memory for the devices, polkit's rules would decide without them */
	if (question->group && !question->devices)
		return bus_error_set_refusal(error, denial);
	switch (bus_polkit_ask(bus, call, caller->uid, question, &reason)) {
	case POLKIT_YES:
		return 1;
	case POLKIT_PENDING:
		return 0;
	case POLKIT_NO:
		break;
	}
	return bus_error_set(error, denial->kind, "%s %s", str_or(denial->text, ""),
			     str_or(reason, ""));
}

static int bus_auth_ask_claim(struct bus *bus, sd_bus_message *call,
			      const struct bus_caller *caller, const struct devgroup *group,
			      struct polkit_question *question, sd_bus_error *error)
{
	_cleanup_free_ char *name = NULL, *devices = NULL;
	_cleanup_refusal_ struct refusal denial = { 0 };

	if (bus_auth_may_claim(caller, group->def))
		return 1;
	name = bus_auth_caller_name(caller);
	devices = bus_auth_devices(group);
	question->group = group->def->name;
	question->devices = devices;
	refusal_set(&denial, REFUSED_ACCESS_DENIED,
		    "%s may not claim group %s. An administrator allows it with \"access\" in %s.",
		    str_or(name, "This user"), group->def->name,
		    str_or(group->def->file, "its definition"));
	return bus_auth_ask_polkit(bus, call, caller, question, &denial, error);
}

int bus_auth_claim(struct bus *bus, sd_bus_message *call, const struct bus_caller *caller,
		   const struct devgroup *group, const char *label, sd_bus_error *error)
{
	struct polkit_question question = { .action = BUS_POLKIT_ACTION_CLAIM, .label = label };

	return bus_auth_ask_claim(bus, call, caller, group, &question, error);
}

int bus_auth_claim_in_advance(struct bus *bus, sd_bus_message *call,
			      const struct bus_caller *caller, const struct devgroup *group,
			      const char *label, sd_bus_error *error)
{
	struct polkit_question question = {
		.action = BUS_POLKIT_ACTION_CLAIM,
		.label = label,
		.in_advance = true,
	};

	return bus_auth_ask_claim(bus, call, caller, group, &question, error);
}

int bus_auth_release(struct bus *bus, sd_bus_message *call, const struct bus_caller *caller,
		     const struct devgroup *group, sd_bus_error *error)
{
	_cleanup_free_ char *name = NULL, *holder = NULL, *devices = NULL;
	_cleanup_refusal_ struct refusal denial = { 0 };
	struct polkit_question question = { .action = BUS_POLKIT_ACTION_RELEASE_ANY };

	if (!group->lease || caller->uid == 0 || caller->uid == group->lease->record->uid)
		return 1;
	name = bus_auth_caller_name(caller);
	holder = group_holder(group);
	devices = bus_auth_devices(group);
	question.group = group->def->name;
	question.devices = devices;
	question.label = group->lease->record->label;
	refusal_set(&denial, REFUSED_NOT_HOLDER,
		    "Group %s is held by %s. Only its holder or root can release it, not %s.",
		    group->def->name, str_or(holder, "?"), str_or(name, "this user"));
	return bus_auth_ask_polkit(bus, call, caller, &question, &denial, error);
}

int bus_auth_manage(struct bus *bus, sd_bus_message *call, const char *action, sd_bus_error *error)
{
	static const struct polkit_question question = { .action = BUS_POLKIT_ACTION_MANAGE };
	_cleanup_free_ char *name = NULL;
	_cleanup_refusal_ struct refusal denial = { 0 };
	struct bus_caller caller;

	if (bus_auth_get_caller(bus, call, &caller) < 0)
		return bus_error_set(error, REFUSED_ACCESS_DENIED,
				     "The caller cannot be identified.");
	if (caller.uid == 0)
		return 1;
	name = bus_auth_caller_name(&caller);
	refusal_set(&denial, REFUSED_ACCESS_DENIED, "%s may not %s. Root can.",
		    str_or(name, "This user"), action);
	return bus_auth_ask_polkit(bus, call, &caller, &question, &denial, error);
}
