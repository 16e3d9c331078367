/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "base/nearest.h"
#include "base/str.h"
#include "base/strv.h"
#include "cli/bus/cli-bus.h"
#include "cli/host/cli-files.h"
#include "cli/host/cli-host.h"
#include "cli/host/cli-mistakes.h"
#include "model/dbus-names.h"

static bool cli_mistakes_is_wanted(const struct def_set *only, const struct group_def *def)
{
	return !only || def_set_find_group(only, def->name);
}

/* --- users --- */

/* Lists all users that can be listed, or all groups. 0 or -ENOMEM. */
static int cli_mistakes_list_names(bool groups, char ***ret)
{
	_cleanup_strv_builder_ struct strv_builder names = { 0 };
	const struct passwd *user;
	const struct group *group;
	int r = 0;

	if (groups) {
		setgrent();
		while (r == 0 && (group = getgrent()))
			r = strv_builder_add(&names, group->gr_name);
		endgrent();
	} else {
		setpwent();
		while (r == 0 && (user = getpwent()))
			r = strv_builder_add(&names, user->pw_name);
		endpwent();
	}
	*ret = strv_builder_take(&names);
	return r;
}

/* A definition may also have a number, which needs no name. */
static bool cli_mistakes_exists(bool groups, const char *name)
{
	unsigned number;

	if (str_parse_uint(name, &number) >= 0)
		return true;
	return groups ? getgrnam(name) != NULL : getpwnam(name) != NULL;
}

static int cli_mistakes_add_user(struct def_set *config, const struct group_def *def, bool groups,
				 const char *name)
{
	_cleanup_strv_ char **names = NULL;
	const char *nearest = NULL;

	if (cli_mistakes_exists(groups, name))
		return 0;
	if (cli_mistakes_list_names(groups, &names) < 0)
		return -ENOMEM;
	if (names)
		nearest = nearest_find(name, (const char *const *)names);
	return def_set_add_problem(config, def->file, def->line, def->column, true,
				   "the group \"%s\": this host has no %s %s%s%s%s", def->name,
				   groups ? "Unix group" : "user", name,
				   nearest ? " (did you mean " : "", str_or(nearest, ""),
				   nearest ? "?)" : "");
}

static int cli_mistakes_find_users(struct def_set *config, const struct group_def *def)
{
	int r;

	STRV_FOREACH(name, def->users) {
		r = cli_mistakes_add_user(config, def, false, *name);
		if (r < 0)
			return r;
	}
	STRV_FOREACH(name, def->groups) {
		r = cli_mistakes_add_user(config, def, true, *name);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- groups that cannot be claimed --- */

/* Tells whether only another definition, or a change of the host, removes the blocker. */
static bool cli_mistakes_is_lasting(const struct blocker *blocker)
{
	static const char *const codes[] = {
		"absent", "bridge",  "console",		"default-route", "holders",
		"swap",	  "mounted", "root-disk",	"mdev-parent",	 "no-iommu",
		"tpm",	  "vmd",     "reserved-region", "two-groups",	 "identity-mismatch",
	};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (str_eq(blocker->code, codes[i]))
			return true;
	return false;
}

static int cli_mistakes_find_blockers(struct def_set *config, const struct cli_host *host,
				      const struct group_def *def)
{
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	int r;

	r = cli_host_resolve(host, def, &resolved);
	if (r < 0)
		return r;
	VEC_FOREACH(const struct blocker, blocker, &resolved.blockers) {
		if (!blocker->hard || !cli_mistakes_is_lasting(blocker))
			continue;
		r = def_set_add_problem(config, def->file, def->line, def->column, true,
					"the group \"%s\" cannot be claimed on this host: %s: %s",
					def->name, blocker->code, blocker->text);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool cli_mistakes_has_daemon(struct cli *cli)
{
	_cleanup_message_ sd_bus_message *reply = NULL;
	int running;

	if (cli_bus_try_open(cli) < 0 ||
	    sd_bus_call_method(cli->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
			       "org.freedesktop.DBus", "NameHasOwner", NULL, &reply, "s",
			       DG_BUS_NAME) < 0 ||
	    sd_bus_message_read(reply, "b", &running) < 0)
		return false;
	return running;
}

static int cli_mistakes_look(const struct cli_host *host, struct def_set *config,
			     const struct def_set *only)
{
	VEC_FOREACH(const struct group_def, def, &config->groups) {
		int r = cli_mistakes_is_wanted(only, def) ?
				cli_mistakes_find_blockers(config, host, def) :
				0;

		if (r < 0)
			return r;
	}
	return 0;
}

static int cli_mistakes_on_host(struct cli *cli, struct def_set *config, const struct def_set *only)
{
	_cleanup_host_ struct cli_host host = { 0 };
	int r;

	if (config->groups.n == 0 || !cli_mistakes_has_daemon(cli))
		return 0;
	r = cli_host_open(cli, &host);
	if (r)
		return r;
	if (cli_host_find_overlaps(&host, config) < 0 || cli_mistakes_look(&host, config, only) < 0)
		return cli_fail(-ENOMEM, "cannot check the definitions on this host");
	return 0;
}

int cli_mistakes_find(struct cli *cli, struct def_set *config, const struct def_set *only)
{
	const struct cli_options *o = &cli->options;

	if (o->root || o->host || o->machine)
		return 0;
	VEC_FOREACH(const struct group_def, def, &config->groups)
		if (cli_mistakes_is_wanted(only, def) && cli_mistakes_find_users(config, def) < 0)
			return cli_fail(-ENOMEM, "cannot check the users");
	return cli_mistakes_on_host(cli, config, only);
}

int cli_mistakes_report(struct cli *cli, struct def_set *config, const struct def_set *only)
{
	size_t n = config->problems.n;
	int r;

	if (cli->options.quiet || cli->options.json != CLI_JSON_OFF)
		return 0;
	r = cli_mistakes_find(cli, config, only);
	for (size_t i = n; !r && i < config->problems.n; i++)
		cli_files_print_problem(stderr, config->problems.items[i]);
	return r;
}
