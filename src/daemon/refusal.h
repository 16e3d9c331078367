/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A refused request: a kind for programs, and a text for people that names group, device, cause and
 * next action. The bus layer turns the kind into an error name.
 */

#include <stdarg.h>
#include <stdbool.h>

#include "base/macro.h"

enum refusal_kind {
	REFUSAL_NONE, /* not refused */
	REFUSED_NO_SUCH_GROUP,
	REFUSED_NO_SUCH_DEVICE,
	REFUSED_BLOCKED,
	REFUSED_BUSY,
	REFUSED_RESERVED,
	REFUSED_IN_USE,
	REFUSED_BIND_FAILED,
	REFUSED_RESET_FAILED,
	REFUSED_TIMEOUT,
	REFUSED_STUCK,
	REFUSED_NOT_HOLDER,
	REFUSED_BAD_OPTION,
	REFUSED_BAD_CONFIG,
	REFUSED_UNSUPPORTED,
	REFUSED_ACCESS_DENIED,
	REFUSED_LIMIT, /* of one user, or of all users */
	REFUSED_NO_MEMORY,
	REFUSAL_KIND_COUNT,
};

struct refusal {
	enum refusal_kind kind;
	char *text; /* owned */
};

/*
 * Replaces *refusal. The text is cut at 4 KiB. Returns false, so that "return refusal_set(…)"
 * refuses.
 */
bool refusal_set(struct refusal *refusal, enum refusal_kind kind, const char *format, ...)
	_printf_(3, 4);
bool refusal_vset(struct refusal *refusal, enum refusal_kind kind, const char *format, va_list ap)
	_printf_(3, 0);
/* The same for a lack of memory. */
bool refusal_set_no_memory(struct refusal *refusal);
void refusal_clear(struct refusal *refusal);
#define _cleanup_refusal_ _cleanup_(refusal_clear)
