/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <langinfo.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <wchar.h>
#include <wctype.h>

#include "base/str.h"
#include "base/utf8.h"
#include "cli/print/cli-term.h"

static bool colour;
static size_t columns, lines; /* of the terminal; 0: stdout is none */

static size_t cli_term_size(const char *variable, unsigned reported, size_t fallback)
{
	const char *text = getenv(variable);
	unsigned number;

	if (!str_empty(text) && str_parse_uint(text, &number) >= 0 && number > 0)
		return number;
	return reported > 0 ? reported : fallback;
}

void cli_term_init(void)
{
	const char *term = getenv("TERM");
	struct winsize size;

	/* https://no-color.org: any value but the empty one disables colour. */
	if (isatty(STDOUT_FILENO)) {
		if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
			size = (struct winsize){ 0 };
		columns = cli_term_size("COLUMNS", size.ws_col, 80);
		lines = cli_term_size("LINES", size.ws_row, 24);
	}
	colour = isatty(STDOUT_FILENO) && str_empty(getenv("NO_COLOR")) && !str_empty(term) &&
		 !str_eq(term, "dumb");
}

size_t cli_term_columns(void)
{
	return columns;
}

size_t cli_term_lines(void)
{
	return lines;
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

const char *cli_term_trunk(bool last)
{
	if (last)
		return "   ";
	return str_eq(nl_langinfo(CODESET), "UTF-8") ? "│  " : "|  ";
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
		int wide = wcwidth(cli_term_next_char(text, &n));

		width += wide > 0 ? (size_t)wide : 0;
	}
	return width;
}

size_t cli_term_visible_width(const char *text)
{
	_cleanup_free_ char *plain = strdup(text);
	char *to = plain;

	if (!plain)
		return 0;
	for (; *text; text++) {
		if (*text == '\033') /* only cli_term_begin() and cli_term_end() write these */
			text += strcspn(text, "m");
		else
			*to++ = *text;
		if (!*text)
			break;
	}
	*to = '\0';
	return cli_term_width(plain);
}

void cli_term_wrap(const char *text, size_t width, size_t indent, size_t used)
{
	const char *end;

	for (; *text; text = end) {
		_cleanup_free_ char *word = NULL;
		size_t needed;

		end = text + strcspn(text, " ");
		word = strndup(text, (size_t)(end - text));
		needed = word ? cli_term_width(word) : 0;
		end += strspn(end, " ");
		if (used > indent && width > 0 && used + 1 + needed > width) {
			printf("\n%*s", (int)indent, "");
			used = indent;
		} else if (used > indent) {
			putchar(' ');
			used++;
		}
		fputs(str_or(word, ""), stdout);
		used += needed;
	}
}
