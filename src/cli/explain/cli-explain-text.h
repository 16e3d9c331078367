/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Lines and lists that the parts of `explain` share. */

#include "base/vec.h"
#include "cli/print/cli-json.h"

void cli_explain_text_heading(const char *text);
/* Prints @before and @text, which may be of other users, on a line. */
void cli_explain_text_line(const char *before, const char *text);
/* Returns the keys of @devices (struct device); NULL when out of memory. */
json_object *cli_explain_text_keys(const struct vec *devices) _must_check_;
/*
 * Returns "0000:04:01.0, 0000:04:02.0 and 30 others" for a list of keys. The caller frees it; NULL
 * when out of memory.
 */
char *cli_explain_text_join(json_object *list) _must_check_;
