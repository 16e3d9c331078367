/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/print/cli-table.h"

struct table_row {
	enum table_level level;
	size_t n;
	char *texts[CLI_TABLE_COLUMNS];
	enum tint tints[CLI_TABLE_COLUMNS];
};

static struct table_row *table_row_free(struct table_row *row)
{
	for (size_t i = 0; i < row->n; i++)
		free(row->texts[i]);
	free(row);
	return NULL;
}

DEFINE_CLEANUP(struct table_row *, table_row_freep, table_row_free)
static DEFINE_VEC_CLEAR(table_clear_rows, struct table_row, table_row_free)

static int table_add_row(struct table *table, enum table_level level, const struct cell *cells,
			 size_t n)
{
	_cleanup_(table_row_freep) struct table_row *row = calloc(1, sizeof(*row));
	int r;

	if (!row)
		return -ENOMEM;
	row->level = level;
	for (; row->n < n; row->n++) {
		const struct cell *cell = &cells[row->n];

		row->texts[row->n] = cli_term_clean(str_empty(cell->text) ? "-" : cell->text);
		row->tints[row->n] = cell->tint;
		if (!row->texts[row->n])
			return -ENOMEM;
	}
	r = vec_add(&table->rows, row);
	if (r < 0)
		return r;
	TAKE_PTR(row);
	return 0;
}

int cli_table_add(struct table *table, const struct cell *cells, size_t n)
{
	return table_add_row(table, TABLE_ROW, cells, n);
}

int cli_table_add_member(struct table *table, const struct cell *cells, size_t n)
{
	return table_add_row(table, TABLE_MEMBER, cells, n);
}

static void table_widen_column(size_t *width, const char *text)
{
	size_t needed = cli_term_width(text);

	if (needed > *width)
		*width = needed;
}

static void table_measure(const struct table *table, bool legend,
			  size_t widths[static TABLE_LEVELS][CLI_TABLE_COLUMNS])
{
	for (size_t i = 0; legend && table->headers && table->headers[i]; i++)
		table_widen_column(&widths[TABLE_ROW][i], table->headers[i]);
	VEC_FOREACH(const struct table_row, row, &table->rows)
		for (size_t i = 0; i < row->n; i++)
			table_widen_column(&widths[row->level][i], row->texts[i]);
}

/* Prints a cell. The last cell of a line is not padded, so that no line ends with blanks. */
static void table_print_cell(const char *text, enum tint tint, size_t width, bool last)
{
	size_t used = cli_term_width(text);

	printf("%s%s%s", cli_term_begin(tint), text, cli_term_end(tint));
	if (last)
		putchar('\n');
	else
		printf("%*s", (int)(width - used) + 2, "");
}

static bool table_is_last_member(const struct table *table, size_t at)
{
	const struct table_row *next = at + 1 < table->rows.n ? table->rows.items[at + 1] : NULL;

	return !next || next->level != TABLE_MEMBER;
}

void cli_table_print(const struct table *table, bool legend)
{
	size_t widths[TABLE_LEVELS][CLI_TABLE_COLUMNS] = { 0 };

	legend = legend && table->headers && table->rows.n > 0;
	table_measure(table, legend, widths);
	for (size_t i = 0; legend && table->headers[i]; i++)
		table_print_cell(table->headers[i], TINT_BOLD, widths[TABLE_ROW][i],
				 !table->headers[i + 1]);
	for (size_t at = 0; at < table->rows.n; at++) {
		const struct table_row *row = table->rows.items[at];

		if (row->level == TABLE_MEMBER)
			fputs(cli_term_branch(table_is_last_member(table, at)), stdout);
		for (size_t i = 0; i < row->n; i++)
			table_print_cell(row->texts[i], row->tints[i], widths[row->level][i],
					 i + 1 == row->n);
	}
}

void cli_table_clear(struct table *table)
{
	table_clear_rows(&table->rows);
}
