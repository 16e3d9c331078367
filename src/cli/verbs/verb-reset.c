/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* devgroupctl reset: resets the devices of a dirty group and releases it. */

#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/bus/cli-lease.h"
#include "cli/bus/cli-name.h"
#include "cli/bus/cli-object.h"
#include "cli/cli.h"

static int verb_reset_print(const struct cli *cli, const char *name, bool was_dirty)
{
	_cleanup_json_ json_object *result = NULL;

	if (cli->options.json == CLI_JSON_OFF) {
		if (!cli->options.quiet)
			printf("Group %s is %s.\n", name,
			       was_dirty ? "no longer dirty" : "not dirty");
		return 0;
	}
	result = CLI_JSON_NEW({ "group", json_object_new_string(name) },
			      { "was-dirty", json_object_new_boolean(was_dirty) });
	if (!result)
		return cli_fail(-ENOMEM, "cannot show what was reset");
	cli_json_print(result, cli->options.json);
	return 0;
}

int verb_reset(struct cli *cli)
{
	_cleanup_progress_ struct progress progress = { 0 };
	_cleanup_json_ json_object *group = NULL;
	const char *name;
	int r = cli_name_resolve(cli, 0);

	if (r)
		return r;
	name = cli->words[0];
	r = cli_object_get_group(cli, name, &group);
	if (r)
		return r;
	r = cli_progress_start(&progress, cli);
	if (r)
		return r;
	/* Ask the daemon even if the group is not dirty: it checks whether the method exists. */
	r = cli_lease_reset(&progress, name, cli_json_get_str(group, "lease"));
	if (r)
		return r;
	return verb_reset_print(cli, name, str_eq(cli_json_get_str(group, "state"), "dirty"));
}
