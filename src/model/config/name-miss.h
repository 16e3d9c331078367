/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The answer to the name of a group that does not exist, the same from the daemon and offline. */

#include "model/config/def-set.h"

/*
 * Returns what follows "There is no group nic2.": " Did you mean nic1?", or the place of the error
 * that keeps the group out of force, or "". @names: all that may be meant; NULL: none. @problems:
 * struct problem. The caller frees it. NULL when out of memory.
 */
char *name_miss_hint(const char *name, char *const *names, const struct vec *problems) _must_check_;

/* Returns " @subject definition has an error: FILE:1:2: ….", in the same way. */
char *name_miss_problem(const char *subject, const struct problem *problem) _must_check_;
