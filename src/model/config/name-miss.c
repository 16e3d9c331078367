/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/nearest.h"
#include "base/str.h"
#include "base/strv.h"
#include "model/config/name-miss.h"

char *name_miss_add_problem(const char *text, const char *subject, const struct problem *problem)
{
	return str_printf("%s %s definition has an error: %s:%u:%u: %s.", text, subject,
			  problem->file, problem->line, problem->column, problem->text);
}

char *name_miss_text(const char *name, char *const *names, const struct vec *problems)
{
	const struct problem *problem = def_set_find_problem(problems, name);
	_cleanup_free_ char *text = str_printf("There is no group %s.", name);
	const char *nearest = NULL;

	if (!text)
		return NULL;
	if (problem)
		return name_miss_add_problem(text,
					     strv_contains(problem->groups, name) ? "Its" : "A",
					     problem);
	if (names)
		nearest = nearest_find(name, (const char *const *)names);
	return nearest ? str_printf("%s Did you mean %s?", text, nearest) : TAKE_PTR(text);
}
