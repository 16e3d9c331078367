/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Strings. */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"

static inline const char *str_or(const char *s, const char *fallback)
{
	return s ? s : fallback;
}

/* Both may be NULL; two NULLs are equal. */
bool str_eq(const char *a, const char *b);
bool str_starts(const char *s, const char *prefix);
static inline bool str_empty(const char *s)
{
	return !s || !*s;
}

/* Replaces *dst by a copy of src (NULL: frees it). 0 or -ENOMEM, and then *dst is as before. */
int str_set(char **dst, const char *src) _must_check_;

/* asprintf() that returns the string, or NULL when out of memory. The caller frees it. */
char *str_printf(const char *format, ...) _printf_(1, 2) _must_check_;

/* vasprintf() in the same way. */
char *str_vprintf(const char *format, va_list ap) _printf_(1, 0) _must_check_;

/* Removes white space at the end, in place; returns @s. */
char *str_chomp(char *s);

/* Whole-string numbers: -EINVAL for anything that is not a number, -ERANGE beyond @max. */
int str_parse_u64(const char *s, unsigned base, uint64_t max, uint64_t *ret) _must_check_;
int str_parse_uint(const char *s, unsigned *ret) _must_check_;

/*
 * "16G" → bytes; binary suffixes K, M, G, T (an optional "iB" or "B" may follow), "infinity" is
 * UINT64_MAX. -EINVAL or -ERANGE.
 */
int str_parse_size(const char *s, uint64_t *ret) _must_check_;

/* The place of @s among @n words; -EINVAL if it is none of them. */
int str_index(const char *const *words, size_t n, const char *s) _must_check_;

/* Orders strings as people do: runs of digits compare as numbers ("nic2" before "nic10"). */
int str_natural_cmp(const char *a, const char *b);

#include "base/strv.h" /* for the callers that do not include it yet */
