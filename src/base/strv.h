/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* NULL-terminated lists of strings. A NULL list is an empty one. */

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"

size_t strv_length(char *const *list);
bool strv_contains(char *const *list, const char *s);
/* Compares the strings and their order. */
bool strv_equal(char *const *a, char *const *b);

/*
 * Appends a copy of @s. 0 or -ENOMEM. Each call counts the list: collect a list that may have
 * thousands of strings with a strv_builder.
 */
int strv_add(char ***list, const char *s) _must_check_;
int strv_copy(char *const *list, char ***ret) _must_check_;
/* Splits @s at each character of @separators. Skips empty words; *ret is NULL without any word. */
int strv_split(const char *s, const char *separators, char ***ret) _must_check_;
/*
 * Returns the strings with @separator between them, "" for an empty list. The caller frees the
 * result. NULL when out of memory.
 */
char *strv_join(char *const *list, const char *separator) _must_check_;
char **strv_free(char **list);
DEFINE_CLEANUP(char **, strv_freep, strv_free)
#define _cleanup_strv_ _cleanup_(strv_freep)

#define STRV_FOREACH(item, list) for (char *const *item = (list); item && *item; item++)

/* Collects a list in linear time. @list is a valid list after each call, NULL while it is empty. */
struct strv_builder {
	char **list;
	size_t n, room;
};

/* Returns a builder that takes @list over and continues it. */
struct strv_builder strv_builder_of(char **list);
/* Appends a copy of @s. 0 or -ENOMEM. */
int strv_builder_add(struct strv_builder *builder, const char *s) _must_check_;
/* Returns the list, which the caller frees, and empties @builder. */
char **strv_builder_take(struct strv_builder *builder);
void strv_builder_clear(struct strv_builder *builder);
#define _cleanup_strv_builder_ _cleanup_(strv_builder_clear)
