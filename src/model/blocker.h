/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Blockers: machine-readable reasons why a group cannot be claimed now. */

#include <stdbool.h>

#include "base/macro.h"
#include "base/vec.h"

struct blocker {
	char *code;   /* "absent", "mounted", …: devgroups(7) has the list */
	char *device; /* key of the device, or the selector that matches none */
	char *text;   /* a sentence with the cause and what the user can do */
	bool hard;    /* never overridden; --force overrides a soft blocker */
};

/* Appends to a vector of struct blocker. @format makes the text. 0 or -ENOMEM. */
int blocker_add(struct vec *blockers, bool hard, const char *code, const char *device,
		const char *format, ...) _printf_(5, 6) _must_check_;
void blockers_clear(struct vec *blockers);
#define _cleanup_blockers_ _cleanup_(blockers_clear)

/* Returns the first hard blocker, else the first soft one unless @force, else NULL. */
const struct blocker *blockers_first(const struct vec *blockers, bool force);
bool blockers_equal(const struct vec *a, const struct vec *b);
