/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A set of usages as bytes, on its way from the process that has read them. Each field is a text
 * that ends with a NUL byte. A mark at the end tells a whole report from one that was cut off.
 */

#include "sys/usage/usage-set.h"

/* A report is not longer. The limits of a set keep it below, on any host that is known. */
#define USAGE_REPORT_MOST (16 << 20)

/* Writes @set to @fd. 0 or negative errno; -E2BIG: it is too long, and nothing was written. */
int usage_report_write(const struct usage_set *set, int fd) _must_check_;
/* Adds a report to @set. 0; -EBADMSG if it is not whole: @set has a part of it then; -ENOMEM. */
int usage_report_read(const char *data, size_t size, struct usage_set *set) _must_check_;
