/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* devgroupctl release: ends the lease of a group. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/bus/cli-lease.h"
#include "cli/bus/cli-name.h"
#include "cli/bus/cli-object.h"
#include "cli/cli.h"
#include "cli/verbs/verb-plan.h"

static int verb_release_print(const struct cli *cli, const char *name, bool was_claimed)
{
	_cleanup_json_ json_object *result = NULL;

	if (cli->options.json == CLI_JSON_OFF) {
		if (!cli->options.quiet)
			printf("Group %s is %s.\n", name, was_claimed ? "released" : "not claimed");
		return 0;
	}
	result = CLI_JSON_NEW({ "group", json_object_new_string(name) },
			      { "was-claimed", json_object_new_boolean(was_claimed) });
	if (!result)
		return cli_fail(-ENOMEM, "cannot show what is released");
	cli_json_print(result, cli->options.json);
	return 0;
}

/*
 * Tells whether there is nothing to release, so that no authorization is needed. A group in another
 * state may hold devices without a lease; the daemon then tries to release them again.
 */
static bool verb_release_is_free(json_object *group)
{
	static const char *const free_states[] = { "available", "blocked", "reserved", "absent" };

	for (size_t i = 0; i < ARRAY_SIZE(free_states); i++)
		if (str_eq(cli_json_get_str(group, "state"), free_states[i]))
			return strlen(cli_json_get_str(group, "lease")) <= 1;
	return false;
}

int verb_release(struct cli *cli)
{
	_cleanup_progress_ struct progress progress = { 0 };
	_cleanup_json_ json_object *group = NULL;
	const char *name;
	int r = cli_name_resolve(cli, 0);

	if (r)
		return r;
	name = cli->words[0];
	if (cli->options.dry_run)
		return verb_plan_show(cli, "release", name);
	r = cli_object_get_group(cli, name, &group);
	if (r)
		return r;
	if (verb_release_is_free(group))
		return verb_release_print(cli, name, false);
	r = cli_progress_start(&progress, cli);
	if (r)
		return r;
	r = cli_lease_release(&progress, name, cli_json_get_str(group, "lease"));
	if (r)
		return r;
	return verb_release_print(cli, name, true);
}
