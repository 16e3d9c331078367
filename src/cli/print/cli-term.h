/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the terminal can show. Colour only on a terminal that wants it (NO_COLOR, TERM=dumb). */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/macro.h"

enum tint { TINT_NONE, TINT_GOOD, TINT_HELD, TINT_WAITING, TINT_BAD, TINT_FAINT, TINT_BOLD };

/* Looks at stdout once; call it before a pager takes its place. */
void cli_term_init(void);
const char *cli_term_begin(enum tint tint); /* "" where there is no colour */
const char *cli_term_end(enum tint tint);

/* "├─ ", "└─ ", or plain ASCII where the locale has no such characters. */
const char *cli_term_branch(bool last);

/* How the state of a group is shown. */
enum tint cli_term_state_tint(const char *state);

/*
 * A copy without control characters: labels and the like are written by other users and must
 * not reach into the terminal. Caller frees; NULL when out of memory.
 */
char *cli_term_clean(const char *text) _must_check_;
/* How many columns @text takes. */
size_t cli_term_width(const char *text);
