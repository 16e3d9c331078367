/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* devgroupctl reload: makes the daemon re-read its files. */

#include <stdio.h>

#include "cli/bus/cli-object.h"
#include "cli/bus/cli-reload.h"
#include "cli/print/cli-status.h"
#include "model/dbus-names.h"

/* Problems in the files are printed, but the reload succeeded: only `check` fails for them. */
int verb_reload(struct cli *cli)
{
	_cleanup_json_ json_object *manager = NULL, *none = NULL;
	json_object *problems;
	int r = cli_reload(cli);

	if (r)
		return r;
	r = cli_object_get(cli, OBJECT_MANAGER, DG_OBJECT_PATH, &manager);
	if (r)
		return r;
	problems = cli_json_get_list(manager, "problems");
	if (cli->options.json == CLI_JSON_OFF) {
		cli_status_print_problems(stderr, "", problems);
		return 0;
	}
	none = json_object_new_array();
	cli_json_print(problems ? problems : none, cli->options.json);
	return 0;
}
