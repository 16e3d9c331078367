/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli-table.h"

struct table_row {
	enum table_level level;
	size_t n;
	char *texts[TABLE_COLUMNS];
	enum tint tints[TABLE_COLUMNS];
};

static void *row_free(void *data)
{
	struct table_row *row = data;

	for (size_t i = 0; i < row->n; i++)
		free(row->texts[i]);
	free(row);
	return NULL;
}

static int add(struct table *table, enum table_level level, const struct cell *cells, size_t n)
{
	struct table_row *row = calloc(1, sizeof(*row));

	if (!row)
		return -ENOMEM;
	row->level = level;
	for (; row->n < n; row->n++) {
		const struct cell *cell = &cells[row->n];

		row->texts[row->n] = term_clean(str_empty(cell->text) ? "-" : cell->text);
		row->tints[row->n] = cell->tint;
		if (!row->texts[row->n]) {
			row_free(row);
			return -ENOMEM;
		}
	}
	if (vec_add(&table->rows, row) < 0) {
		row_free(row);
		return -ENOMEM;
	}
	return 0;
}

int table_add(struct table *table, const struct cell *cells, size_t n)
{
	return add(table, TABLE_ROW, cells, n);
}

int table_add_member(struct table *table, const struct cell *cells, size_t n)
{
	return add(table, TABLE_MEMBER, cells, n);
}

static void widen(size_t *width, const char *text)
{
	size_t needed = term_width(text);

	if (needed > *width)
		*width = needed;
}

static void measure(const struct table *table, bool legend,
		    size_t widths[static TABLE_LEVELS][TABLE_COLUMNS])
{
	for (size_t i = 0; legend && table->headers && table->headers[i]; i++)
		widen(&widths[TABLE_ROW][i], table->headers[i]);
	VEC_FOREACH (const struct table_row, row, &table->rows)
		for (size_t i = 0; i < row->n; i++)
			widen(&widths[row->level][i], row->texts[i]);
}

/* The last cell of a line is not filled up: no blanks at the end of lines. */
static void print_cell(const char *text, enum tint tint, size_t width, bool last)
{
	size_t used = term_width(text);

	printf("%s%s%s", term_begin(tint), text, term_end(tint));
	if (last)
		putchar('\n');
	else
		printf("%*s", (int)(width - used) + 2, "");
}

static bool last_member(const struct table *table, size_t at)
{
	const struct table_row *next = at + 1 < table->rows.n ? table->rows.items[at + 1] : NULL;

	return !next || next->level != TABLE_MEMBER;
}

void table_print(const struct table *table, bool legend)
{
	size_t widths[TABLE_LEVELS][TABLE_COLUMNS] = { 0 };

	legend = legend && table->headers && table->rows.n > 0;
	measure(table, legend, widths);
	for (size_t i = 0; legend && table->headers[i]; i++)
		print_cell(table->headers[i], TINT_BOLD, widths[TABLE_ROW][i],
			   !table->headers[i + 1]);
	for (size_t at = 0; at < table->rows.n; at++) {
		const struct table_row *row = table->rows.items[at];

		if (row->level == TABLE_MEMBER)
			fputs(term_branch(last_member(table, at)), stdout);
		for (size_t i = 0; i < row->n; i++)
			print_cell(row->texts[i], row->tints[i], widths[row->level][i],
				   i + 1 == row->n);
	}
}

void table_clear(struct table *table)
{
	vec_clear(&table->rows, row_free);
}
