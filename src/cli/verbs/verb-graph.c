/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "cli/cli-bus.h"
#include "cli/cli-graph.h"
#include "cli/cli-pager.h"

int verb_graph(struct cli *cli)
{
	_cleanup_host_ struct cli_host host = { 0 };
	_cleanup_json_ json_object *list = NULL;
	int r = cli_host_open(cli, &host);

	if (r)
		return r;
	if (cli->options.json != CLI_JSON_OFF) {
		list = cli_graph_to_json(host.inv);
		if (!list)
			return cli_fail(-ENOMEM, "cannot draw the host");
		cli_json_print(list, cli->options.json);
	} else if (cli->options.tree) {
		cli_pager_open(cli);
		cli_graph_print_tree(host.inv);
	} else {
		cli_graph_print_dot(host.inv);
	}
	return 0;
}
