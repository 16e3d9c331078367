/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/str.h"
#include "cli/cli-problems.h"
#include "cli/cli-term.h"

void cli_problems_print(FILE *to, const char *indent, json_object *problems)
{
	for (size_t i = 0; i < cli_json_list_length(problems); i++) {
		json_object *problem = json_object_array_get_idx(problems, i);
		long long line = (long long)cli_json_get_int(problem, "line", 0);
		_cleanup_free_ char *file = cli_term_clean(cli_json_get_str(problem, "file"));
		_cleanup_free_ char *text = cli_term_clean(cli_json_get_str(problem, "text"));

		if (!file || !text)
			return;
		if (line > 0)
			fprintf(to, "%s%s:%lld: %s\n", indent, file, line, text);
		else
			fprintf(to, "%s%s: %s\n", indent, file, text);
	}
}
