/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sets and clears refusals. */

#include <stdarg.h>

#include "daemon/refusal.h"

bool refusal_set(struct refusal *refusal, enum refusal_kind kind, const char *format, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	refusal_clear(refusal);
	refusal->kind = n < 0 ? REFUSED_NO_MEMORY : kind;
	refusal->text = n < 0 ? NULL : text;
	return false;
}

void refusal_clear(struct refusal *refusal)
{
	free(refusal->text);
	*refusal = (struct refusal){ 0 };
}
