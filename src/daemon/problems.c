/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Keeps the list of problems, and reports that it changed. */

#include "base/log.h"
#include "base/str.h"
#include "daemon/problems.h"

static void problems_report(const struct problems *problems)
{
	const struct events *events = problems->events;

	if (events->observer)
		events->observer->problems_changed(events->userdata);
}

struct problem *problems_add(struct problems *problems, const char *file, unsigned line,
			     unsigned column, const char *text)
{
	struct problem *problem = calloc(1, sizeof(*problem));

	if (!problem)
		return NULL;
	problem->warning = true;
	problem->line = line ? line : 1;
	problem->column = column ? column : 1;
	if (str_set(&problem->file, file) < 0 || str_set(&problem->text, text) < 0 ||
	    vec_add(&problems->list, problem) < 0)
		return def_set_problem_free(problem);
	log_warning("%s:%u:%u: %s", str_or(file, "?"), line, column, text);
	problems_report(problems);
	return problem;
}

void problems_remove(struct problems *problems, struct problem *problem)
{
	if (!problem)
		return;
	vec_remove(&problems->list, problem);
	def_set_problem_free(problem);
	problems_report(problems);
}

void problems_replace(struct problems *problems, struct vec *list)
{
	def_set_problems_clear(&problems->list);
	problems->list = TAKE_STRUCT(*list);
	VEC_FOREACH(const struct problem, problem, &problems->list)
		log_line(problem->warning ? LOG_WARNING : LOG_ERR, "%s:%u:%u: %s", problem->file,
			 problem->line, problem->column, problem->text);
}

void problems_clear(struct problems *problems)
{
	def_set_problems_clear(&problems->list);
}
