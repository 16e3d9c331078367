/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* devgroupctl plan: prints the steps of a claim or release and changes nothing. */

#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/bus/cli-name.h"
#include "cli/bus/cli-plan.h"
#include "cli/host/cli-plan-host.h"
#include "cli/print/cli-json.h"
#include "cli/print/cli-pager.h"
#include "cli/print/cli-table.h"
#include "cli/verbs/verb-plan.h"

static int verb_plan_add_row(struct table *table, size_t i, json_object *step)
{
	_cleanup_free_ char *number = str_printf("%zu", i + 1);
	const struct cell cells[] = {
		{ number, TINT_FAINT },
		{ cli_json_get_str(step, "step"), TINT_BOLD },
		{ cli_json_get_str(step, "device"), TINT_NONE },
		{ cli_json_get_str(step, "detail"), TINT_NONE },
	};

	if (!number)
		return -ENOMEM;
	return cli_table_add(table, cells, ARRAY_SIZE(cells));
}

static int verb_plan_print_steps(struct cli *cli, json_object *steps)
{
	static const struct table_column columns[] = {
		{ "#" }, { "STEP" }, { "DEVICE" }, { "DETAIL", .wraps = true }, { NULL },
	};
	_cleanup_table_ struct table table = { .columns = columns };
	int r;

	for (size_t i = 0; i < cli_json_list_length(steps); i++) {
		r = verb_plan_add_row(&table, i, json_object_array_get_idx(steps, i));
		if (r < 0)
			return cli_fail(r, "cannot show the plan");
	}
	cli_pager_open(cli);
	cli_table_print(&table, isatty(STDOUT_FILENO) && !cli->options.no_legend);
	return 0;
}

int verb_plan_show(struct cli *cli, const char *verb, const char *group)
{
	_cleanup_json_ json_object *steps = NULL;
	int r = cli->options.host_file ? cli_plan_host(cli, verb, group, &steps) :
					 cli_plan_get(cli, verb, group, &steps);

	if (r)
		return r;
	if (cli->options.json == CLI_JSON_OFF)
		return verb_plan_print_steps(cli, steps);
	cli_json_print(steps, cli->options.json);
	return 0;
}

int verb_plan(struct cli *cli)
{
	const char *verb = cli->words[0];
	int r;

	if (!str_eq(verb, "claim") && !str_eq(verb, "release")) {
		fprintf(stderr,
			"devgroupctl: plan %s is invalid: expected plan claim or plan release.\n",
			verb);
		return EXIT_USAGE;
	}
	r = cli_name_resolve(cli, 1);
	if (r)
		return r;
	return verb_plan_show(cli, verb, cli->words[1]);
}
