/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/nearest.h"
#include "base/str.h"
#include "base/strv.h"
#include "model/config/name-miss.h"

char *name_miss_problem(const char *subject, const struct problem *problem)
{
	return str_printf(" %s definition has an error: %s:%u:%u: %s.", subject, problem->file,
			  problem->line, problem->column, problem->text);
}

char *name_miss_hint(const char *name, char *const *names, const struct vec *problems)
{
	const struct problem *problem = def_set_find_problem(problems, name);
	const char *nearest = names ? nearest_find(name, (const char *const *)names) : NULL;

	if (problem)
		return name_miss_problem(strv_contains(problem->groups, name) ? "Its" : "A",
					 problem);
	return nearest ? str_printf(" Did you mean %s?", nearest) : strdup("");
}
