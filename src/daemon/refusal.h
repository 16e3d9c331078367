/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Why a request is not met: a kind that programs act on, and a text for people that names group,
 * device, cause and what can be done. The bus face translates the kind into an error name, in one
 * table.
 */

#include <stdbool.h>

#include "base/macro.h"

enum refusal_kind {
	REFUSAL_NONE, /* it is not */
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
	REFUSED_LIMIT, /* of this user, or of all */
	REFUSED_NO_MEMORY,
	REFUSAL_KIND_COUNT,
};

struct refusal {
	enum refusal_kind kind;
	char *text; /* owned */
};

/* Sets *refusal, in place of what it was; returns false, so that "return refuse(…)" reads well. */
bool refusal_set(struct refusal *refusal, enum refusal_kind kind, const char *format, ...)
	_printf_(3, 4);
void refusal_clear(struct refusal *refusal);
#define _cleanup_refusal_ _cleanup_(refusal_clear)
