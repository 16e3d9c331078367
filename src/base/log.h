/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One line per event on stderr: in the format of the journal ("<3>text") when the service manager
 * reads it, else plain. Layers 0 to 2 never log above debug: the layer that handles an error logs
 * it, once.
 */

#include <syslog.h>

#include "base/macro.h"

/* Sets the highest level that is written, LOG_ERR to LOG_DEBUG. */
void log_init(int max_level);

void log_line(int level, const char *format, ...) _printf_(2, 3);
/* Appends ": " and the text of the errno. Returns @error, for "return log_error_errno(r, …);". */
int log_line_errno(int level, int error, const char *format, ...) _printf_(3, 4);

#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_notice(...) log_line(LOG_NOTICE, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERR, __VA_ARGS__)

#define log_debug_errno(e, ...) log_line_errno(LOG_DEBUG, e, __VA_ARGS__)
#define log_warning_errno(e, ...) log_line_errno(LOG_WARNING, e, __VA_ARGS__)
#define log_error_errno(e, ...) log_line_errno(LOG_ERR, e, __VA_ARGS__)
