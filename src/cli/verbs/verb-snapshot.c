/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* devgroupctl snapshot: prints the inventory of the host. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/bus/cli-snapshot.h"
#include "cli/cli.h"
#include "cli/print/cli-json.h"
#include "cli/print/cli-pager.h"

/* Prints the daemon's text, or another layout if one is asked for. The output is always JSON. */
int verb_snapshot(struct cli *cli)
{
	enum cli_json_mode mode = cli->options.json;
	_cleanup_json_ json_object *value = NULL;
	_cleanup_free_ char *text = NULL;
	int r = cli_snapshot_text(cli, &text);

	if (r)
		return r;
	cli_pager_open(cli);
	if (mode == CLI_JSON_OFF && !isatty(STDOUT_FILENO)) {
		cli_json_print_text(str_chomp(text));
		return 0;
	}
	value = json_tokener_parse(text);
	if (!value)
		return cli_fail(-EBADMSG, "cannot read the snapshot of devgroupd");
	cli_json_print(value, mode == CLI_JSON_OFF ? CLI_JSON_PRETTY : mode);
	return 0;
}
