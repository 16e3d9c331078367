/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* NULL-terminated lists of strings. A NULL list is an empty one. */

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"

size_t strv_length(char *const *list);
bool strv_contains(char *const *list, const char *s);
/* Appends a copy. 0 or -ENOMEM. */
int strv_add(char ***list, const char *s) _must_check_;
int strv_copy(char *const *list, char ***ret) _must_check_;
/* Words between any of @separators; empty words are skipped. */
int strv_split(const char *s, const char *separators, char ***ret) _must_check_;
/* Caller frees; NULL when out of memory; "" for an empty list. */
char *strv_join(char *const *list, const char *separator) _must_check_;
bool strv_equal(char *const *a, char *const *b);
char **strv_free(char **list);
DEFINE_CLEANUP(char **, strv_freep, strv_free)
#define _cleanup_strv_ _cleanup_(strv_freep)

#define STRV_FOREACH(item, list) for (char *const *item = (list); item && *item; item++)
