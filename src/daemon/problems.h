/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The problems that the daemon shows: of definitions, of the host, of records it cannot use. */

#include "daemon/events.h"
#include "model/config/def-set.h"

struct problems {
	struct vec list;	     /* struct problem, owned */
	const struct events *events; /* not owned */
};

/* Adds a warning, logs and reports it. @line and @column 0: unknown. NULL when out of memory. */
struct problem *problems_add(struct problems *problems, const char *file, unsigned line,
			     unsigned column, const char *text);

/* Removes and frees @problem, which may be NULL, and reports that. */
void problems_remove(struct problems *problems, struct problem *problem);

/* Replaces all by @list, which is empty afterwards, and logs them. */
void problems_replace(struct problems *problems, struct vec *list);

void problems_clear(struct problems *problems);
