/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Strings: comparison, copies, numbers. */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"

static inline const char *str_or(const char *s, const char *fallback)
{
	return s ? s : fallback;
}

/* Compares strings that may be NULL; two NULLs are equal. */
bool str_eq(const char *a, const char *b);
bool str_starts(const char *s, const char *prefix);
static inline bool str_empty(const char *s)
{
	return !s || !*s;
}

/* Replaces *dst by a copy of @src, or by NULL. 0, or -ENOMEM with *dst unchanged. */
int str_set(char **dst, const char *src) _must_check_;

/* Returns the formatted string, which the caller frees, or NULL when out of memory. */
char *str_printf(const char *format, ...) _printf_(1, 2) _must_check_;
char *str_vprintf(const char *format, va_list ap) _printf_(1, 0) _must_check_;

/* Removes white space at the end, in place. Returns @s. */
char *str_chomp(char *s);

/* Parse a number that is the whole string. 0, -EINVAL if it is no number, -ERANGE beyond @max. */
int str_parse_u64(const char *s, unsigned base, uint64_t max, uint64_t *ret) _must_check_;
int str_parse_uint(const char *s, unsigned *ret) _must_check_;

/*
 * Parses a size like "16G" to bytes. The units K to E are powers of 1024, and "iB" or "B" may
 * follow. "infinity" is UINT64_MAX. 0, -EINVAL or -ERANGE.
 */
int str_parse_size(const char *s, uint64_t *ret) _must_check_;

/* Returns the index of @s in the @n words, or -EINVAL. */
int str_index(const char *const *words, size_t n, const char *s) _must_check_;

/* Compares strings, and digits in them as numbers: "nic2" is before "nic10". */
int str_natural_cmp(const char *a, const char *b);
