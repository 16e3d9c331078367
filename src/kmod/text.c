// SPDX-License-Identifier: GPL-2.0-only
/* Text of any length, in memory that grows. */

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "devgroups.h"

/* The longest line is a word and the name of a device. */
#define TEXT_LINE_MAX 128
#define TEXT_ROOM_MIN 256

static int text_grow(struct dg_text *text, size_t more)
{
	size_t room = max_t(size_t, text->room, TEXT_ROOM_MIN);
	char *buf;

	if (text->size + more <= text->room)
		return 0;
	while (room < text->size + more)
		room *= 2;
	buf = kvmalloc(room, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	if (text->size)
		memcpy(buf, text->buf, text->size);
	kvfree(text->buf);
	text->buf = buf;
	text->room = room;
	return 0;
}

void dg_text_printf(struct dg_text *text, const char *format, ...)
{
	char line[TEXT_LINE_MAX];
	va_list args;
	int n;

	va_start(args, format);
	n = vscnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (text->failed || text_grow(text, n)) {
		text->failed = true;
		return;
	}
	memcpy(text->buf + text->size, line, n);
	text->size += n;
}

void dg_text_clear(struct dg_text *text)
{
	kvfree(text->buf);
	*text = (struct dg_text){};
}
