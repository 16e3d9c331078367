// SPDX-License-Identifier: GPL-2.0-only
/* Text of any length. A reader gets the part that it asked for. */

#include <linux/jhash.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "devgroups.h"

/* The longest line is a word and the name of a device. */
#define TEXT_LINE_MAX 128

void dg_text_printf(struct dg_text *text, const char *format, ...)
{
	char line[TEXT_LINE_MAX];
	loff_t first, last;
	va_list args;
	int n;

	va_start(args, format);
	n = vscnprintf(line, sizeof(line), format, args);
	va_end(args);

	text->digest = jhash(line, n, text->digest);
	first = max(text->from, text->at);
	last = min(text->from + (loff_t)text->count, text->at + n);
	if (text->buf && first < last) {
		memcpy(text->buf + (first - text->from), line + (first - text->at), last - first);
		text->copied += last - first;
	}
	text->at += n;
}
