/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* devgroupctl reload: makes the daemon re-read its files. */

#include <stdio.h>

#include "base/str.h"
#include "cli/bus/cli-object.h"
#include "cli/bus/cli-reload.h"
#include "cli/host/cli-files.h"
#include "cli/host/cli-mistakes.h"
#include "cli/print/cli-status.h"
#include "model/dbus-names.h"

/* Tells whether a file was refused. A warning refuses none. */
static bool verb_reload_has_errors(json_object *problems)
{
	for (size_t i = 0; i < cli_json_list_length(problems); i++)
		if (str_eq(cli_json_get_str(json_object_array_get_idx(problems, i), "severity"),
			   "error"))
			return true;
	return false;
}

/* Reports what keeps groups from being claimed on this host. 0 or an exit status. */
static int verb_reload_report_mistakes(struct cli *cli)
{
	_cleanup_def_set_ struct def_set *config = NULL;
	int r;

	if (cli->options.host || cli->options.machine)
		return 0;
	r = cli_files_load(cli, &config);
	if (r)
		return r;
	return cli_mistakes_report(cli, config, NULL);
}

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
	problems = cli_json_get_list(manager, "problem-details");
	if (cli->options.json == CLI_JSON_OFF) {
		cli_status_print_problems(stderr, "", problems);
	} else {
		none = json_object_new_array();
		cli_json_print(problems ? problems : none, cli->options.json);
	}
	r = verb_reload_report_mistakes(cli);
	if (r)
		return r;
	return verb_reload_has_errors(problems) ? EXIT_FAILED : 0;
}
