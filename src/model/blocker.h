/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A blocker: a machine-readable reason why a group cannot be claimed now. */

#include <stdbool.h>

#include "base/macro.h"
#include "base/vec.h"

struct blocker {
	char *code;   /* "absent", "mounted", …: devgroups(7) has the list */
	char *device; /* key of the device, or the selector that found none */
	char *text;   /* a sentence with the cause and what the user can do */
	bool hard;    /* never overridden; a soft one falls to --force */
};

/* Appends to a vector of struct blocker. @text is copied from the format. 0 or -ENOMEM. */
int blocker_add(struct vec *blockers, bool hard, const char *code, const char *device,
		const char *format, ...) _printf_(5, 6) _must_check_;
void blockers_clear(struct vec *blockers);
#define _cleanup_blockers_ _cleanup_(blockers_clear)

/* The first one that holds against the request: any hard one, and any soft one unless @force. */
const struct blocker *blockers_first(const struct vec *blockers, bool force);
bool blockers_equal(const struct vec *a, const struct vec *b);
