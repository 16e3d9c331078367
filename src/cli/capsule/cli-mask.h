/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Replaces words that identify a host or its users. The same word gets the same replacement
 * everywhere: "serial-1", "group-2". Addresses of devices, models and versions stay.
 */

#include "base/macro.h"
#include "base/vec.h"
#include "cli/print/cli-json.h"

struct cli_mask {
	struct vec words; /* struct mask_word, owned */
};

/* Replaces the words in @object, a snapshot or a file of definitions, in place. 0 or -ENOMEM. */
int cli_mask_json(struct cli_mask *mask, json_object *object) _must_check_;
/*
 * Returns @text with each known word replaced, and each MAC address; the caller frees it. NULL when
 * out of memory.
 */
char *cli_mask_text(struct cli_mask *mask, const char *text) _must_check_;
void cli_mask_clear(struct cli_mask *mask);
#define _cleanup_mask_ _cleanup_(cli_mask_clear)
