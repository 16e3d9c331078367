/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The answer to the name of a group that does not exist, the same from the daemon and offline. */

#include "model/config/def-set.h"

/*
 * Returns "There is no group nic2. Did you mean nic1?", or names the definition file with the error
 * that keeps the group out of force. @names: all that may be meant; NULL: none. @problems: struct
 * problem. The caller frees it. NULL when out of memory.
 */
char *name_miss_text(const char *name, char *const *names, const struct vec *problems) _must_check_;

/* Returns "@text @subject definition has an error: FILE:1:2: …." with the place of @problem. */
char *name_miss_add_problem(const char *text, const char *subject,
			    const struct problem *problem) _must_check_;
