/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who may do what: what the file of a group allows, then root, then what polkit allows; else
 * nobody. */

#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "base/str.h"
#include "bus/bus-auth.h"
#include "bus/bus-polkit.h"

int bus_auth_get_caller(sd_bus_message *message, struct bus_caller *ret)
{
	_cleanup_(sd_bus_creds_unrefp) sd_bus_creds *creds = NULL;
	const struct passwd *pw;
	int r;

	r = sd_bus_query_sender_creds(message, SD_BUS_CREDS_EUID | SD_BUS_CREDS_PID, &creds);
	if (r < 0)
		return r;
	r = sd_bus_creds_get_euid(creds, &ret->uid);
	if (r < 0)
		return r;
	if (sd_bus_creds_get_pid(creds, &ret->pid) < 0)
		ret->pid = 0;
	pw = getpwuid(ret->uid);
	ret->gid = pw ? pw->pw_gid : (gid_t)-1;
	return 0;
}

struct bus_caller bus_auth_holder(const struct bus_caller *caller, uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);

	if (uid == caller->uid)
		return *caller;
	return (struct bus_caller){ .uid = uid, .gid = pw ? pw->pw_gid : (gid_t)-1 };
}

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

static bool bus_auth_group_has_name(gid_t gid, const char *name)
{
	const struct group *gr;
	unsigned number;

	if (str_parse_uint(name, &number) >= 0)
		return number == gid;
	gr = getgrnam(name);
	return gr && gr->gr_gid == gid;
}

/* Membership is asked of the user database: what groups a process has put on or off is its own
 * affair. */
static bool bus_auth_group_listed(const struct bus_caller *caller, char *const *groups)
{
	const struct passwd *pw = getpwuid(caller->uid);
	_cleanup_free_ gid_t *gids = NULL;
	int n = 64;

	if (!pw || !groups)
		return false;
	do {
		free(gids);
		gids = calloc((size_t)n, sizeof(gid_t));
		if (!gids)
			return false;
	} while (getgrouplist(pw->pw_name, pw->pw_gid, gids, &n) < 0 && n <= 65536);
	STRV_FOREACH(group, groups)
		for (int i = 0; i < n; i++)
			if (bus_auth_group_has_name(gids[i], *group))
				return true;
	return false;
}

static char *bus_auth_caller_name(const struct bus_caller *caller)
{
	const struct passwd *pw = getpwuid(caller->uid);

	return pw ? str_printf("%s (uid %u)", pw->pw_name, (unsigned)caller->uid) :
		    str_printf("uid %u", (unsigned)caller->uid);
}

bool bus_auth_may_claim(const struct bus_caller *caller, const struct group_def *def)
{
	return caller->uid == 0 || bus_auth_user_listed(caller, def->users) ||
	       bus_auth_group_listed(caller, def->groups);
}

char *bus_auth_devices(const struct devgroup *group)
{
	_cleanup_strv_ char **keys = NULL;

	VEC_FOREACH(const struct device, device, &group->resolved.devices)
		if (strv_add(&keys, device->key) < 0)
			return NULL;
	return strv_join(keys, " ");
}

/* @ret_refusal is what to say if polkit says no; why it does is added to that. */
static enum bus_verdict bus_auth_ask_polkit(struct bus *bus, sd_bus_message *call,
					    const struct bus_caller *caller,
					    const struct polkit_question *question,
					    struct refusal *ret_refusal)
{
	_cleanup_free_ char *why = NULL, *before = NULL;
	enum polkit_answer answer = bus_polkit_ask(bus, call, caller->uid, question, &why);

	if (answer == POLKIT_NO) {
		before = TAKE_PTR(ret_refusal->text);
		refusal_set(ret_refusal, ret_refusal->kind, "%s %s", str_or(before, ""),
			    str_or(why, ""));
		return BUS_REFUSED;
	}
	refusal_clear(ret_refusal);
	return answer == POLKIT_YES ? BUS_GRANTED : BUS_PENDING;
}

enum bus_verdict bus_auth_claim(struct bus *bus, sd_bus_message *call,
				const struct bus_caller *caller, const struct devgroup *group,
				const char *label, bool beforehand, struct refusal *ret_refusal)
{
	_cleanup_free_ char *name = NULL, *devices = NULL;
	struct polkit_question question = {
		.action = BUS_POLKIT_ACTION_CLAIM,
		.group = group->def->name,
		.label = label,
		.beforehand = beforehand,
	};

	if (bus_auth_may_claim(caller, group->def))
		return BUS_GRANTED;
	name = bus_auth_caller_name(caller);
	question.devices = devices = bus_auth_devices(group);
	refusal_set(ret_refusal, REFUSED_ACCESS_DENIED,
		    "%s may not claim group %s. An administrator allows it with \"access\" in %s.",
		    str_or(name, "This user"), group->def->name,
		    str_or(group->def->file, "its definition"));
	return devices ? bus_auth_ask_polkit(bus, call, caller, &question, ret_refusal) :
			 BUS_REFUSED;
}

enum bus_verdict bus_auth_release(struct bus *bus, sd_bus_message *call,
				  const struct bus_caller *caller, const struct devgroup *group,
				  struct refusal *ret_refusal)
{
	_cleanup_free_ char *name = NULL, *holder = NULL, *devices = NULL;
	struct polkit_question question = { .action = BUS_POLKIT_ACTION_RELEASE_ANY,
					    .group = group->def->name };

	if (!group->lease || caller->uid == 0 || caller->uid == group->lease->record->uid)
		return BUS_GRANTED;
	name = bus_auth_caller_name(caller);
	holder = group_holder(group);
	question.label = group->lease->record->label;
	question.devices = devices = bus_auth_devices(group);
	refusal_set(ret_refusal, REFUSED_NOT_HOLDER,
		    "Group %s is held by %s. Only its holder or root can release it, and not %s.",
		    group->def->name, str_or(holder, "?"), str_or(name, "this user"));
	return devices ? bus_auth_ask_polkit(bus, call, caller, &question, ret_refusal) :
			 BUS_REFUSED;
}

enum bus_verdict bus_auth_manage(struct bus *bus, sd_bus_message *call, const char *what,
				 struct refusal *ret_refusal)
{
	static const struct polkit_question question = { .action = BUS_POLKIT_ACTION_MANAGE };
	_cleanup_free_ char *name = NULL;
	struct bus_caller caller;

	if (bus_auth_get_caller(call, &caller) < 0) {
		refusal_set(ret_refusal, REFUSED_ACCESS_DENIED, "The caller cannot be identified.");
		return BUS_REFUSED;
	}
	if (caller.uid == 0)
		return BUS_GRANTED;
	name = bus_auth_caller_name(&caller);
	refusal_set(ret_refusal, REFUSED_ACCESS_DENIED, "%s may not %s. Root can.",
		    str_or(name, "This user"), what);
	return bus_auth_ask_polkit(bus, call, &caller, &question, ret_refusal);
}
