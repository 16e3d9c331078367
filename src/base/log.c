/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writes one line per event to stderr. */

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/log.h"
#include "base/private.h"
#include "base/utf8.h"

static int max_level = LOG_INFO;
static bool with_priority;

void log_init(int level)
{
	max_level = level;
	/*
	 * If JOURNAL_STREAM is set (systemd.exec(5)), the journal reads stderr and takes the prefix
	 * of sd-daemon(3) as the priority.
	 */
	with_priority = getenv("JOURNAL_STREAM") != NULL;
	setlinebuf(stderr);
}

static void _printf_(2, 0) log_emit(int level, const char *format, va_list ap, const char *cause)
{
	char text[1024], prefix[8] = "";

	if (level > max_level)
		return;
	vsnprintf(text, sizeof(text), format, ap);
	private_show(text, 0); /* root reads the log */
	/* an event stays one line of text, even if a file has a line break in its name */
	for (char *at = text; *at; at++)
		if (*at == '\n')
			*at = ' ';
	utf8_clean(text);
	if (with_priority)
		snprintf(prefix, sizeof(prefix), "<%d>", level);
	fprintf(stderr, "%s%s%s%s\n", prefix, text, cause ? ": " : "", cause ? cause : "");
}

void log_line(int level, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	log_emit(level, format, ap, NULL);
	va_end(ap);
}

int log_line_errno(int level, int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	log_emit(level, format, ap, strerror(error < 0 ? -error : error));
	va_end(ap);
	return error;
}
