/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sets and clears refusals. */

#include <stdarg.h>

#include "base/str.h"
#include "daemon/refusal.h"

bool refusal_set(struct refusal *refusal, enum refusal_kind kind, const char *format, ...)
{
	char *text;
	va_list ap;

	va_start(ap, format);
	text = str_vprintf(format, ap);
	va_end(ap);
	refusal_clear(refusal);
	refusal->kind = text ? kind : REFUSED_NO_MEMORY;
	refusal->text = text;
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
