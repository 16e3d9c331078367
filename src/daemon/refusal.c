/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sets and clears refusals. */

#include <string.h>

#include "base/utf8.h"
#include "daemon/refusal.h"

/* A text quotes names that a caller made up, and a name may be as long as a message. */
#define LONGEST_TEXT 4096

/* Cuts a text that has no room before the character that would be incomplete. */
static void refusal_cut_text(char *text, size_t size)
{
	size_t at = 0, left = strlen(text), n;

	if (left < size - 1)
		return;
	while (left > 0) {
		n = utf8_length(text + at, left);
		if (n == 0 && left < 4)
			break;
		at += n ? n : 1;
		left -= n ? n : 1;
	}
	text[at] = '\0';
}

bool refusal_vset(struct refusal *refusal, enum refusal_kind kind, const char *format, va_list ap)
{
	char text[LONGEST_TEXT];

	vsnprintf(text, sizeof(text), format, ap);
	refusal_cut_text(text, sizeof(text));
	refusal_clear(refusal);
	refusal->text = strdup(text);
	refusal->kind = refusal->text ? kind : REFUSED_NO_MEMORY;
	return false;
}

bool refusal_set(struct refusal *refusal, enum refusal_kind kind, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	refusal_vset(refusal, kind, format, ap);
	va_end(ap);
	return false;
}

bool refusal_set_no_memory(struct refusal *refusal)
{
	return refusal_set(refusal, REFUSED_NO_MEMORY, "Out of memory.");
}

void refusal_clear(struct refusal *refusal)
{
	free(refusal->text);
	*refusal = (struct refusal){ 0 };
}
