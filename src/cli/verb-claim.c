/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli-bus.h"
#include "cli-describe.h"
#include "cli-fd.h"
#include "cli-lease.h"
#include "cli-object.h"
#include "strutil.h"

static const struct claim_options as_node = { .access = "node", .persistent = true };

/* Whether @group is claimed by us in the very way that this verb claims. */
static int check_ours(struct cli *cli, json_object *group, bool *ret)
{
	const char *path = js_str(group, "lease");
	_cleanup_json_ json_object *lease = NULL;
	uid_t uid;
	int r;

	*ret = false;
	if (strlen(path) <= 1 || !str_eq(js_str(group, "state"), "claimed"))
		return 0;
	r = object_find(cli, OBJECT_LEASE, path, &lease);
	if (!r && lease)
		r = bus_own_uid(cli, &uid);
	if (r || !lease)
		return r;
	*ret = js_int(lease, "uid", -1) == (int64_t)uid && js_bool(lease, "persistent") &&
	       str_eq(js_str(lease, "access"), "node");
	return 0;
}

static int print_claimed(const struct cli *cli, json_object *group, const char *lease,
			 bool was_claimed)
{
	_cleanup_json_ json_object *nodes = describe_nodes(group), *result = NULL;
	_cleanup_free_ char *paths = js_list_join(nodes, " ");
	const char *name = js_str(group, "name");

	if (!nodes || !paths)
		return cli_fail(-ENOMEM, "cannot show what is claimed");
	if (cli->options.json == JSON_OFF) {
		if (!cli->options.quiet)
			printf("Group %s is %sclaimed. It may be opened as %s.\n", name,
			       was_claimed ? "already " : "", paths);
		return 0;
	}
	result = json_object_new_object();
	if (!result || js_set_str(result, "group", name) < 0 ||
	    js_set_str(result, "lease", lease) < 0 ||
	    js_set(result, "nodes", TAKE_PTR(nodes)) < 0 ||
	    js_set(result, "already-claimed", json_object_new_boolean(was_claimed)) < 0)
		return cli_fail(-ENOMEM, "cannot show what is claimed");
	js_print(result, cli->options.json);
	return 0;
}

static int claim(struct cli *cli, const char *name)
{
	_cleanup_progress_ struct progress progress = { 0 };
	_cleanup_claim_fds_ struct vec fds = { 0 };
	_cleanup_json_ json_object *group = NULL;
	_cleanup_free_ char *lease = NULL;
	int r = progress_start(&progress, cli);

	if (!r)
		r = lease_claim(&progress, name, &as_node, &fds, &lease);
	if (r)
		return r;
	r = object_get_group(cli, name, &group);
	return r ? r : print_claimed(cli, group, lease, false);
}

int verb_claim(struct cli *cli)
{
	const char *name = cli->words[0];
	_cleanup_json_ json_object *group = NULL;
	bool ours;
	int r;

	if (cli->options.dry_run)
		return plan_show(cli, "claim", name);
	/* asked first: with --wait the daemon would wait for our own lease to end */
	r = object_get_group(cli, name, &group);
	if (!r)
		r = check_ours(cli, group, &ours);
	if (r)
		return r;
	if (ours)
		return print_claimed(cli, group, js_str(group, "lease"), true);
	return claim(cli, name);
}
