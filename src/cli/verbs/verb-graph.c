/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "cli/cli-bus.h"
#include "cli/cli-graph.h"
#include "cli/cli-pager.h"

int verb_graph(struct cli *cli)
{
	_cleanup_host_ struct host host = { 0 };
	_cleanup_json_ json_object *list = NULL;
	int r = host_open(cli, &host);

	if (r)
		return r;
	if (cli->options.json != JSON_OFF) {
		list = graph_to_json(host.inv);
		if (!list)
			return cli_fail(-ENOMEM, "cannot draw the host");
		js_print(list, cli->options.json);
	} else if (cli->options.tree) {
		pager_open(cli);
		graph_print_tree(host.inv);
	} else {
		graph_print_dot(host.inv);
	}
	return 0;
}
