/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One line per event, to the journal's stream format on stderr ("<3>text") when the service
 * manager reads it, plainly otherwise. Library layers never log above debug: whoever handles the
 * error logs it.
 */

#include <syslog.h>

#include "base/macro.h"

void log_init(int max_level); /* LOG_ERR … LOG_DEBUG */
int log_max_level(void);

void log_line(int level, const char *format, ...) _printf_(2, 3);
/* Appends ": strerror(-error)"; returns @error, so that "return log_error_errno(r, …)" works. */
int log_line_errno(int level, int error, const char *format, ...) _printf_(3, 4);

#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_notice(...) log_line(LOG_NOTICE, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERR, __VA_ARGS__)

#define log_debug_errno(e, ...) log_line_errno(LOG_DEBUG, e, __VA_ARGS__)
#define log_warning_errno(e, ...) log_line_errno(LOG_WARNING, e, __VA_ARGS__)
#define log_error_errno(e, ...) log_line_errno(LOG_ERR, e, __VA_ARGS__)
