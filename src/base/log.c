/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/log.h"

static int max_level = LOG_INFO;
static bool with_priority;

void log_init(int level)
{
	max_level = level;
	/* JOURNAL_STREAM: systemd.exec(5); the journal reads the sd-daemon(3) prefix as the
	 * priority */
	with_priority = getenv("JOURNAL_STREAM") != NULL;
	setlinebuf(stderr);
}

int log_max_level(void)
{
	return max_level;
}

static void _printf_(2, 0) log_emit(int level, const char *format, va_list ap, const char *cause)
{
	char text[1024];

	if (level > max_level)
		return;
	vsnprintf(text, sizeof(text), format, ap);
	for (char *at = text; *at; at++)
		if (*at ==
		    '\n') /* one event is one line, whatever a device or a file put in its name */
			*at = ' ';
	if (with_priority)
		fprintf(stderr, "<%d>%s%s%s\n", level, text, cause ? ": " : "", cause ? cause : "");
	else
		fprintf(stderr, "%s%s%s\n", text, cause ? ": " : "", cause ? cause : "");
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
