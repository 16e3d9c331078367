/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Rows under aligned columns. Rows have two levels, each with its own columns: the entries, and
 * below each entry its members, drawn as branches of a tree.
 *
 * On a terminal, columns without any text are left out, and the table fits its width. First the
 * columns that may wrap become narrower, down to CLI_TABLE_NARROW. Then columns are dropped in the
 * order that they state. Then the wrapped columns shrink to their longest words: no word is cut.
 * Elsewhere every column is printed at full width, for programs.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"
#include "base/vec.h"
#include "cli/print/cli-term.h"

#define CLI_TABLE_COLUMNS 9
#define CLI_TABLE_NARROW 20

struct table_column {
	const char *header;
	unsigned drop; /* place in the order of dropping, from 1; 0: never */
	bool wraps;    /* at blanks */
};

struct table {
	const struct table_column *columns; /* of the first level, to a NULL header; NULL: none */
	struct vec rows;		    /* struct table_row, owned */
};

enum table_level { TABLE_ROW, TABLE_MEMBER, TABLE_LEVELS };

struct cell {
	const char *text; /* copied; NULL and "" are shown as "-" */
	enum tint tint;
};

/* Append a row of @n cells, at most CLI_TABLE_COLUMNS. 0 or -ENOMEM. */
int cli_table_add(struct table *table, const struct cell *cells, size_t n) _must_check_;
int cli_table_add_member(struct table *table, const struct cell *cells, size_t n) _must_check_;

/* Prints the table on stdout; with @legend also the headers, unless the table is empty. */
void cli_table_print(const struct table *table, bool legend);
void cli_table_clear(struct table *table);
#define _cleanup_table_ _cleanup_(cli_table_clear)
