/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A parser of lspci output, line by line. It never fails on bad text, only for lack of memory. */

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "policy/offline/lspci-dump.h"
#include "policy/offline/lspci-private.h"

#define LINE_MAX_ 1024 /* longer lines are cut: no relevant line is longer */
#define ROW 16	       /* bytes in one line */

/* --- rows of configuration space --- */

/* Parses "1f0: " at the start of *at and moves *at behind it. */
static bool lspci_dump_take_offset(const char **at, unsigned *ret)
{
	unsigned offset = 0;
	size_t n = 0;

	for (; n < 3 && isxdigit((unsigned char)(*at)[n]); n++)
		offset = offset << 4 | (unsigned)strtoul((char[]){ (*at)[n], '\0' }, NULL, 16);
	if (n < 2 || (*at)[n] != ':' || (*at)[n + 1] != ' ')
		return false;
	*at += n + 2;
	if (!isxdigit((unsigned char)(*at)[0]) && (*at)[0] != '?')
		return false;
	*ret = offset;
	return true;
}

/* Appends the bytes of a row, as far as they are bytes. */
static void lspci_dump_take_row(struct lspci *lspci, const char *at)
{
	while (lspci->size < LSPCI_CONFIG_MAX && isxdigit((unsigned char)at[0]) &&
	       isxdigit((unsigned char)at[1])) {
		char digits[] = { at[0], at[1], '\0' };

		lspci->config[lspci->size++] = (uint8_t)strtoul(digits, NULL, 16);
		at += 2;
		if (*at != ' ' || lspci->size % ROW == 0)
			break;
		at++;
	}
	lspci->hidden = at[0] == '?';
	lspci->gap = lspci->size % ROW != 0 && !lspci->hidden;
}

/*
 * Appends the bytes of "10: 00 00 c0 fd …" if they follow the known ones. Returns 1 if @line has
 * that form, 0 if not, or -ENOMEM.
 */
static int lspci_dump_parse_row(struct lspci *lspci, const char *line)
{
	const char *at = line;
	unsigned offset;

	if (!lspci_dump_take_offset(&at, &offset))
		return 0;
	if (!lspci->device)
		return lspci_notes_add_unread(&lspci->notes, line) < 0 ? -ENOMEM : 1;
	if (lspci->gap || lspci->hidden)
		return 1;
	if (offset == lspci->size && offset % ROW == 0)
		lspci_dump_take_row(lspci, at);
	else
		lspci->gap = true;
	return 1;
}

/* --- lines --- */

/* A line in the first column: a device, a field of -vmm, or a row. */
static int lspci_dump_parse_outer(struct lspci *lspci, char *line)
{
	int r = lspci_dump_parse_row(lspci, line);

	if (r != 0)
		return r;
	r = lspci_head_parse(lspci, line);
	if (r != 0)
		return r;
	return lspci_head_parse_field(lspci, line);
}

/*
 * Handles a line of another form. One that looks like the first line of a device ends the current
 * one: the lines that follow are not about it.
 */
static int lspci_dump_skip_line(struct lspci *lspci, const char *line)
{
	int r = lspci_notes_add_unread(&lspci->notes, line);

	if (r < 0)
		return r;
	if (!isxdigit((unsigned char)line[0]) || !strstr(line, ": "))
		return 0;
	return lspci_device_finish(lspci);
}

static int lspci_dump_parse_line(struct lspci *lspci, char *line)
{
	bool inner = line[0] == '\t' || line[0] == ' ';
	int r;

	str_chomp(line);
	if (!*line)
		return 0;
	r = inner ? lspci_text_parse(lspci, line) : lspci_dump_parse_outer(lspci, line);
	if (r != 0)
		return r;
	return lspci_dump_skip_line(lspci, line);
}

/*
 * Copies the line at @text, cut to the size of @line, with '?' for NUL bytes. Returns the begin of
 * the next.
 */
static const char *lspci_dump_take_line(const char *text, const char *end, char line[LINE_MAX_])
{
	const char *newline = memchr(text, '\n', (size_t)(end - text));
	size_t n = (size_t)((newline ? newline : end) - text);
	size_t kept = n < LINE_MAX_ ? n : LINE_MAX_ - 1;

	memcpy(line, text, kept);
	line[kept] = '\0';
	for (char *nul = line; (nul = memchr(nul, '\0', (size_t)(line + kept - nul)));)
		*nul = '?';
	return newline ? newline + 1 : end;
}

/* --- quoted dumps --- */

/*
 * Returns the length of what a mail program or a web page put before each line, such as "> ": the
 * part before the first address.
 */
static size_t lspci_dump_find_prefix(const char *text, const char *end, char prefix[LINE_MAX_])
{
	while (text < end) {
		size_t n;

		text = lspci_dump_take_line(text, end, prefix);
		n = strspn(prefix, " \t>|");
		if (lspci_head_is(prefix + n))
			return n;
	}
	return 0;
}

/* Returns the line without its prefix, of which blanks may be missing at the end. */
static char *lspci_dump_strip(char *line, const char *prefix, size_t n)
{
	size_t i = 0;

	while (i < n && line[i] == prefix[i])
		i++;
	return i == n || !line[i] ? line + i : line;
}

/* --- the whole text --- */

static int lspci_dump_read_lines(struct lspci *lspci, const char *text, const char *end)
{
	char prefix[LINE_MAX_], line[LINE_MAX_];
	size_t n = lspci_dump_find_prefix(text, end, prefix);

	while (text < end) {
		int r;

		text = lspci_dump_take_line(text, end, line);
		lspci->notes.line++;
		r = lspci_dump_parse_line(lspci, lspci_dump_strip(line, prefix, n));
		if (r < 0)
			return r;
	}
	return 0;
}

/* Returns whether lspci ends configuration space there: the header, all of PCI, all of Express. */
static bool lspci_dump_is_whole(size_t size)
{
	return size == 64 || size == 128 || size == 256 || size == 4096;
}

/* Notes a dump that ends within its last device: in a row, or before its bytes. */
static int lspci_dump_note_cut(struct lspci *lspci)
{
	bool others_have = false;

	if (!lspci->device || lspci->hidden)
		return 0;
	VEC_FOREACH(const struct device, device, &lspci->inv->devices)
		others_have |= device->config_size > 0;
	if (lspci->size > 0 ? lspci_dump_is_whole(lspci->size) : !others_have)
		return 0;
	return str_set(&lspci->notes.cut_device, lspci->device->key);
}

static int lspci_dump_read_all(struct lspci *lspci, const char *text, size_t size)
{
	int r = lspci_dump_read_lines(lspci, text, text + size);

	if (r < 0)
		return r;
	r = lspci_dump_note_cut(lspci);
	if (r < 0)
		return r;
	r = lspci_device_finish(lspci);
	if (r < 0)
		return r;
	lspci->inv->drivers_unknown = !lspci->shows_drivers;
	return lspci_notes_finish(&lspci->notes, lspci->inv);
}

int lspci_dump_read(const char *text, size_t size, struct inventory *inv)
{
	struct lspci *lspci = calloc(1, sizeof(*lspci));
	int r;

	if (!lspci)
		return -ENOMEM;
	lspci->inv = inv;
	r = lspci_dump_read_all(lspci, text, size);
	device_free(lspci->device);
	lspci_notes_clear(&lspci->notes);
	free(lspci);
	return r;
}
