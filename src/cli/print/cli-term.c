/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <langinfo.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "base/str.h"
#include "base/utf8.h"
#include "cli/print/cli-term.h"

static bool colour;

void cli_term_init(void)
{
	const char *term = getenv("TERM");

	/* https://no-color.org: any value but the empty one disables colour. */
	colour = isatty(STDOUT_FILENO) && str_empty(getenv("NO_COLOR")) && !str_empty(term) &&
		 !str_eq(term, "dumb");
}

const char *cli_term_begin(enum tint tint)
{
	static const char *const codes[] = {
		[TINT_NONE] = "",	    [TINT_GOOD] = "\033[32m",
		[TINT_HELD] = "\033[1;34m", [TINT_WAITING] = "\033[33m",
		[TINT_BAD] = "\033[1;31m",  [TINT_FAINT] = "\033[2m",
		[TINT_BOLD] = "\033[1m",
	};

	return colour ? codes[tint] : "";
}

const char *cli_term_end(enum tint tint)
{
	return colour && tint != TINT_NONE ? "\033[0m" : "";
}

const char *cli_term_branch(bool last)
{
	if (str_eq(nl_langinfo(CODESET), "UTF-8"))
		return last ? "└─ " : "├─ ";
	return last ? "`- " : "|- ";
}

enum tint cli_term_state_tint(const char *state)
{
	static const struct {
		const char *state;
		enum tint tint;
	} tints[] = {
		{ "available", TINT_GOOD },   { "claimed", TINT_HELD },
		{ "claiming", TINT_WAITING }, { "releasing", TINT_WAITING },
		{ "draining", TINT_WAITING }, { "blocked", TINT_WAITING },
		{ "reserved", TINT_WAITING }, { "dirty", TINT_BAD },
		{ "stuck", TINT_BAD },	      { "absent", TINT_FAINT },
		{ "unnamed", TINT_FAINT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tints); i++)
		if (str_eq(state, tints[i].state))
			return tints[i].tint;
	return TINT_NONE;
}

/* Returns the next character of @text and its length in bytes. An invalid byte counts as '?'. */
static wchar_t cli_term_next_char(const char *text, size_t *ret_size)
{
	mbstate_t state = { 0 };
	wchar_t wide;
	size_t n = mbrtowc(&wide, text, MB_CUR_MAX, &state);

	if (n == 0 || n == (size_t)-1 || n == (size_t)-2) {
		*ret_size = 1;
		return L'?';
	}
	*ret_size = n;
	return wide;
}

char *cli_term_clean(const char *text)
{
	char *clean = malloc(strlen(text) + 1), *to = clean;
	size_t n;

	if (!clean)
		return NULL;
	for (; *text; text += n) {
		wchar_t wide = cli_term_next_char(text, &n);
		bool is_text = n > 1 || (unsigned char)*text < 0x80;

		if (is_text && !iswcntrl((wint_t)wide) && !utf8_is_unsafe((uint32_t)wide))
			to = mempcpy(to, text, n);
		else
			*to++ = '?';
	}
	*to = '\0';
	return clean;
}

size_t cli_term_width(const char *text)
{
	size_t width = 0, n;

	for (; *text; text += n) {
		int columns = wcwidth(cli_term_next_char(text, &n));

		width += columns > 0 ? (size_t)columns : 0;
	}
	return width;
}
