/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "base/private.h"
#include "base/str.h"

/* A part is: BEGIN, the uid in decimal, DETAIL, text, INSTEAD, text, END. */
#define BEGIN '\001'
#define DETAIL '\002'
#define INSTEAD '\003'
#define END '\004'
#define MOST_DEPTH 8

struct private_part {
	bool readable; /* the reader may read its detail */
	bool instead;  /* the text that follows is the one for all others */
};

/* A reader of a text. The parts that it is in are open. */
struct private_reader {
	uid_t uid;
	struct private_part open[MOST_DEPTH];
	unsigned depth; /* may be larger than the array: such parts are hidden */
};

char *private_mark(uid_t owner, const char *detail, const char *instead)
{
	return str_printf("%c%u%c%s%c%s%c", BEGIN, (unsigned)owner, DETAIL, detail, INSTEAD,
			  instead, END);
}

static bool private_reader_is_shown(const struct private_reader *reader)
{
	if (reader->depth > MOST_DEPTH)
		return false;
	for (unsigned i = 0; i < reader->depth; i++)
		if (reader->open[i].readable == reader->open[i].instead)
			return false;
	return true;
}

/* Opens the part whose uid starts at @at. Returns what follows its head. */
static const char *private_reader_begin(struct private_reader *reader, const char *at)
{
	char *end;
	unsigned long owner = strtoul(at, &end, 10);
	bool valid = end > at && *end == DETAIL;

	if (reader->depth < MOST_DEPTH)
		reader->open[reader->depth] = (struct private_part){
			.readable = valid && private_may_read(reader->uid, (uid_t)owner),
		};
	reader->depth++;
	return valid ? end + 1 : at;
}

static void private_reader_switch(struct private_reader *reader)
{
	if (reader->depth > 0 && reader->depth <= MOST_DEPTH)
		reader->open[reader->depth - 1].instead = true;
}

char *private_show(char *text, uid_t uid)
{
	struct private_reader reader = { .uid = uid };
	char *to = text;

	for (const char *at = text; *at;) {
		char c = *at++;

		if (c == BEGIN)
			at = private_reader_begin(&reader, at);
		else if (c == INSTEAD)
			private_reader_switch(&reader);
		else if (c == END)
			reader.depth -= reader.depth > 0;
		else if (private_reader_is_shown(&reader))
			*to++ = c;
	}
	*to = '\0';
	return text;
}
