/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The abilities of the terminal. Colour is used only on a terminal that allows it (NO_COLOR,
 * TERM=dumb).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/macro.h"

enum tint { TINT_NONE, TINT_GOOD, TINT_HELD, TINT_WAITING, TINT_BAD, TINT_FAINT, TINT_BOLD };

/* Checks stdout once; call it before a pager replaces stdout. */
void cli_term_init(void);
/*
 * Returns the columns of the terminal on stdout, or 0 if stdout is none: then no line is to be
 * wrapped. $COLUMNS and $LINES replace what the terminal says. 80 and 24 if nothing does.
 */
size_t cli_term_columns(void);
size_t cli_term_lines(void);
const char *cli_term_begin(enum tint tint); /* "" without colour */
const char *cli_term_end(enum tint tint);

/* Returns "├─ " or "└─ ", or plain ASCII in a locale without these characters. */
const char *cli_term_branch(bool last);
/* Returns what stands below a branch in its further lines: "│  ", or blanks below the last one. */
const char *cli_term_trunk(bool last);

/* Returns the colour of a group's state. */
enum tint cli_term_state_tint(const char *state);

/*
 * Returns a copy without control characters: other users write labels, which must not send escape
 * sequences to the terminal. The caller frees it; NULL when out of memory.
 */
char *cli_term_clean(const char *text) _must_check_;
/* Returns the number of columns that @text takes. */
size_t cli_term_width(const char *text);
/* The same without the colours of cli_term_begin(). */
size_t cli_term_visible_width(const char *text);

/*
 * Prints the words of @text, and begins a new line with @indent blanks before a word that would
 * reach beyond @width columns; 0: no limit. @used columns of the first line are taken, at least
 * @indent. A word is never cut.
 */
void cli_term_wrap(const char *text, size_t width, size_t indent, size_t used);
