/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* devgroupctl claim: makes a persistent lease whose user opens the nodes by path. */

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/bus/cli-bus.h"
#include "cli/bus/cli-lease.h"
#include "cli/bus/cli-name.h"
#include "cli/bus/cli-object.h"
#include "cli/run/cli-claim-fd.h"
#include "cli/verbs/verb-plan.h"

/* Gets the user of the lease: --user, else the caller. 0 or an exit status. */
static int verb_claim_find_user(struct cli *cli, uid_t *ret)
{
	char *const *users = cli->options.definition.users;
	const struct passwd *pw;
	unsigned number;

	if (!users)
		return cli_bus_own_uid(cli, ret);
	if (users[1]) {
		fprintf(stderr, "devgroupctl: A claim has one user. Give --user once.\n");
		return EXIT_USAGE;
	}
	pw = getpwnam(users[0]);
	if (!pw && str_parse_uint(users[0], &number) < 0) {
		fprintf(stderr, "devgroupctl: --user=%s: there is no such user.\n", users[0]);
		return EXIT_USAGE;
	}
	*ret = pw ? pw->pw_uid : number;
	return 0;
}

/* Checks whether @group is already claimed for @user in the way that this verb claims. */
static int verb_claim_check_owner(struct cli *cli, json_object *group, uid_t user, bool *ret)
{
	const char *path = cli_json_get_str(group, "lease");
	_cleanup_json_ json_object *lease = NULL;
	int r;

	*ret = false;
	if (strlen(path) <= 1 || !str_eq(cli_json_get_str(group, "state"), "claimed"))
		return 0;
	r = cli_object_find(cli, OBJECT_LEASE, path, &lease);
	if (r)
		return r;
	/* A claim with another label is a different claim, even of the same user. */
	*ret = lease &&
	       (!cli->options.label ||
		str_eq(cli_json_get_str(lease, "label"), cli->options.label)) &&
	       cli_json_get_int(lease, "uid", -1) == (int64_t)user &&
	       cli_json_get_bool(lease, "persistent") &&
	       str_eq(cli_json_get_str(lease, "access"), "node");
	return 0;
}

static int verb_claim_print(struct cli *cli, const char *name, const char *lease, bool was_claimed)
{
	_cleanup_json_ json_object *object = NULL, *result = NULL;
	_cleanup_free_ char *paths = NULL;
	json_object *nodes;
	int r = cli_object_get(cli, OBJECT_LEASE, lease, &object);

	if (r)
		return r;
	nodes = cli_json_get_list(object, "nodes");
	paths = cli_json_list_join(nodes, " ");
	if (!paths)
		return cli_fail(-ENOMEM, "cannot show what is claimed");
	if (cli->options.json == CLI_JSON_OFF) {
		if (!cli->options.quiet)
			printf("Group %s is %sclaimed. It may be opened as %s.\n", name,
			       was_claimed ? "already " : "", paths);
		return 0;
	}
	result = CLI_JSON_NEW({ "group", json_object_new_string(name) },
			      { "lease", json_object_new_string(lease) },
			      { "nodes", json_object_get(nodes) },
			      { "already-claimed", json_object_new_boolean(was_claimed) });
	if (!result)
		return cli_fail(-ENOMEM, "cannot show what is claimed");
	cli_json_print(result, cli->options.json);
	return 0;
}

static int verb_claim_group(struct cli *cli, const char *name, uid_t user)
{
	const struct claim_options as_node = {
		.access = "node",
		.interface = cli->options.interface,
		.persistent = true,
		.uid = cli->options.definition.users ? &user : NULL,
	};
	_cleanup_progress_ struct progress progress = { 0 };
	_cleanup_claim_fds_ struct vec fds = { 0 };
	_cleanup_free_ char *lease = NULL;
	int r = cli_progress_start(&progress, cli);

	if (r)
		return r;
	r = cli_lease_claim(&progress, name, &as_node, &fds, &lease);
	if (r)
		return r;
	return verb_claim_print(cli, name, lease, false);
}

int verb_claim(struct cli *cli)
{
	_cleanup_json_ json_object *group = NULL;
	const char *name;
	uid_t user;
	bool ours;
	int r = cli_name_resolve(cli, 0);

	if (r)
		return r;
	name = cli->words[0];
	if (cli->options.dry_run)
		return verb_plan_show(cli, "claim", name);
	/* Check first: with --wait the daemon would wait for our own lease to end. */
	r = cli_object_get_group(cli, name, &group);
	if (r)
		return r;
	r = verb_claim_find_user(cli, &user);
	if (r)
		return r;
	r = verb_claim_check_owner(cli, group, user, &ours);
	if (r)
		return r;
	if (ours)
		return verb_claim_print(cli, cli_json_get_str(group, "name"),
					cli_json_get_str(group, "lease"), true);
	return verb_claim_group(cli, name, user);
}
