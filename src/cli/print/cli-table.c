/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

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

/* --- the layout --- */

/* The columns of one level. */
struct table_layout {
	size_t n;
	bool shown[CLI_TABLE_COLUMNS];
	bool wraps[CLI_TABLE_COLUMNS];
	size_t widths[CLI_TABLE_COLUMNS];
	size_t least[CLI_TABLE_COLUMNS]; /* the longest word */
};

static size_t table_word_width(const char *text)
{
	_cleanup_free_ char *word = strndup(text, strcspn(text, " "));

	return word ? cli_term_width(word) : 0;
}

static size_t table_longest_word(const char *text)
{
	size_t longest = 0;

	while (*text) {
		size_t width = table_word_width(text);

		longest = width > longest ? width : longest;
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	return longest;
}

static void table_layout_widen(struct table_layout *layout, size_t i, const char *text)
{
	size_t width = cli_term_width(text), word = table_longest_word(text);

	if (width > layout->widths[i])
		layout->widths[i] = width;
	if (word > layout->least[i])
		layout->least[i] = word;
	if (i >= layout->n)
		layout->n = i + 1;
}

static void table_measure(const struct table *table, enum table_level level,
			  struct table_layout *ret)
{
	bool fit = cli_term_columns() > 0 && level == TABLE_ROW && table->columns;

	*ret = (struct table_layout){ 0 };
	VEC_FOREACH(const struct table_row, row, &table->rows) {
		if (row->level != level)
			continue;
		for (size_t i = 0; i < row->n; i++) {
			table_layout_widen(ret, i, row->texts[i]);
			ret->shown[i] = ret->shown[i] || !fit || !str_eq(row->texts[i], "-");
		}
	}
	for (size_t i = 0; i < ret->n; i++)
		ret->wraps[i] =
			table->columns && level == TABLE_ROW ? table->columns[i].wraps : i > 0;
}

static size_t table_layout_total(const struct table_layout *layout)
{
	size_t total = 0;

	for (size_t i = 0; i < layout->n; i++)
		if (layout->shown[i])
			total += layout->widths[i] + (total > 0 ? 2 : 0);
	return total;
}

/* Returns the widest shown column that may become narrower than @least allows, or SIZE_MAX. */
static size_t table_layout_find_widest(const struct table_layout *layout, size_t least)
{
	size_t widest = SIZE_MAX;

	for (size_t i = 0; i < layout->n; i++) {
		size_t limit = layout->least[i] > least ? layout->least[i] : least;

		if (!layout->shown[i] || !layout->wraps[i] || layout->widths[i] <= limit)
			continue;
		if (widest == SIZE_MAX || layout->widths[i] > layout->widths[widest])
			widest = i;
	}
	return widest;
}

/* Makes columns narrower until the table has @width columns. False: it does not fit yet. */
static bool table_layout_shrink(struct table_layout *layout, size_t width, size_t least)
{
	while (table_layout_total(layout) > width) {
		size_t i = table_layout_find_widest(layout, least);

		if (i == SIZE_MAX)
			return false;
		layout->widths[i]--;
	}
	return true;
}

/* Drops the shown column that goes first. False: all others stay. */
static bool table_layout_drop(struct table_layout *layout, const struct table_column *columns)
{
	size_t first = SIZE_MAX;

	for (size_t i = 0; i < layout->n; i++)
		if (layout->shown[i] && columns[i].drop > 0 &&
		    (first == SIZE_MAX || columns[i].drop < columns[first].drop))
			first = i;
	if (first == SIZE_MAX)
		return false;
	layout->shown[first] = false;
	return true;
}

static void table_layout_fit(struct table_layout *layout, const struct table_column *columns,
			     size_t width)
{
	size_t natural[CLI_TABLE_COLUMNS];

	memcpy(natural, layout->widths, sizeof(natural));
	while (!table_layout_shrink(layout, width, CLI_TABLE_NARROW)) {
		memcpy(layout->widths, natural, sizeof(natural));
		if (!table_layout_drop(layout, columns)) {
			table_layout_shrink(layout, width, 0);
			return;
		}
	}
}

/* --- printing --- */

/* Moves *text behind the words that fit @width, at least one, and returns their length in bytes. */
static size_t table_take_words(const char **text, size_t width)
{
	const char *start = *text, *end = start + strcspn(start, " ");
	size_t used = table_word_width(start);

	while (*end) {
		const char *next = end + strspn(end, " ");
		size_t needed = (size_t)(next - end) + table_word_width(next);

		if (!*next || used + needed > width)
			break;
		used += needed;
		end = next + strcspn(next, " ");
	}
	*text = end + strspn(end, " ");
	return (size_t)(end - start);
}

static bool table_is_last(const struct table_layout *layout, char *const *rest, size_t i)
{
	for (size_t k = i + 1; k < layout->n; k++)
		if (layout->shown[k] && *rest[k])
			return false;
	return true;
}

/* Prints what fits one line of the cells; @rest points to what is left of each. */
static void table_print_line(const struct table_layout *layout, const enum tint *tints,
			     const char **rest)
{
	for (size_t i = 0; i < layout->n; i++) {
		_cleanup_free_ char *part = NULL;
		const char *text = rest[i];
		size_t n;

		if (!layout->shown[i])
			continue;
		n = layout->wraps[i] ? table_take_words(&rest[i], layout->widths[i]) : strlen(text);
		if (!layout->wraps[i])
			rest[i] += n;
		part = strndup(text, n);
		if (!part)
			return;
		printf("%s%s%s", cli_term_begin(*part ? tints[i] : TINT_NONE), part,
		       cli_term_end(*part ? tints[i] : TINT_NONE));
		/* not padded at the end, so that no line ends with blanks */
		if (!table_is_last(layout, (char *const *)rest, i))
			printf("%*s", (int)(layout->widths[i] - cli_term_width(part)) + 2, "");
	}
	putchar('\n');
}

static bool table_is_empty(const struct table_layout *layout, const char *const *rest)
{
	for (size_t i = 0; i < layout->n; i++)
		if (layout->shown[i] && *rest[i])
			return false;
	return true;
}

static void table_print_row(const struct table_layout *layout, size_t n, char *const *texts,
			    const enum tint *tints, const char *const *indents)
{
	const char *rest[CLI_TABLE_COLUMNS];

	for (size_t i = 0; i < CLI_TABLE_COLUMNS; i++)
		rest[i] = i < n ? texts[i] : "";
	fputs(indents[0], stdout);
	table_print_line(layout, tints, rest);
	while (!table_is_empty(layout, rest)) {
		fputs(indents[1], stdout);
		table_print_line(layout, tints, rest);
	}
}

static void table_print_headers(const struct table *table, const struct table_layout *layout)
{
	static const char *const none[] = { "", "" };
	static const enum tint bold[CLI_TABLE_COLUMNS] = {
		TINT_BOLD, TINT_BOLD, TINT_BOLD, TINT_BOLD, TINT_BOLD,
		TINT_BOLD, TINT_BOLD, TINT_BOLD, TINT_BOLD,
	};
	char *headers[CLI_TABLE_COLUMNS];
	size_t n = 0;

	for (; table->columns[n].header; n++)
		headers[n] = (char *)table->columns[n].header;
	table_print_row(layout, n, headers, bold, none);
}

static bool table_is_last_member(const struct table *table, size_t at)
{
	const struct table_row *next = at + 1 < table->rows.n ? table->rows.items[at + 1] : NULL;

	return !next || next->level != TABLE_MEMBER;
}

static void table_print_at(const struct table *table, const struct table_layout *layouts, size_t at)
{
	const struct table_row *row = table->rows.items[at];
	bool last = table_is_last_member(table, at);
	const char *const indents[] = {
		row->level == TABLE_MEMBER ? cli_term_branch(last) : "",
		row->level == TABLE_MEMBER ? cli_term_trunk(last) : "",
	};

	table_print_row(&layouts[row->level], row->n, row->texts, row->tints, indents);
}

static void table_lay_out(const struct table *table, bool legend,
			  struct table_layout layouts[static TABLE_LEVELS])
{
	size_t width = cli_term_columns(), branch = cli_term_width(cli_term_branch(true));

	table_measure(table, TABLE_ROW, &layouts[TABLE_ROW]);
	table_measure(table, TABLE_MEMBER, &layouts[TABLE_MEMBER]);
	for (size_t i = 0; legend && table->columns[i].header; i++)
		table_layout_widen(&layouts[TABLE_ROW], i, table->columns[i].header);
	if (width == 0)
		return;
	if (table->columns)
		table_layout_fit(&layouts[TABLE_ROW], table->columns, width);
	else
		table_layout_shrink(&layouts[TABLE_ROW], width, 0);
	table_layout_shrink(&layouts[TABLE_MEMBER], width - branch, 0);
}

void cli_table_print(const struct table *table, bool legend)
{
	struct table_layout layouts[TABLE_LEVELS];

	legend = legend && table->columns && table->rows.n > 0;
	table_lay_out(table, legend, layouts);
	if (legend)
		table_print_headers(table, &layouts[TABLE_ROW]);
	for (size_t at = 0; at < table->rows.n; at++)
		table_print_at(table, layouts, at);
}

void cli_table_clear(struct table *table)
{
	table_clear_rows(&table->rows);
}
