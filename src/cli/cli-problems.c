/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/str.h"
#include "cli/cli-problems.h"
#include "cli/cli-term.h"

void problems_print(FILE *to, const char *indent, json_object *problems)
{
	for (size_t i = 0; i < js_list_length(problems); i++) {
		json_object *problem = json_object_array_get_idx(problems, i);
		long long line = (long long)js_int(problem, "line", 0);
		_cleanup_free_ char *file = term_clean(js_str(problem, "file"));
		_cleanup_free_ char *text = term_clean(js_str(problem, "text"));

		if (!file || !text)
			return;
		if (line > 0)
			fprintf(to, "%s%s:%lld: %s\n", indent, file, line, text);
		else
			fprintf(to, "%s%s: %s\n", indent, file, text);
	}
}
