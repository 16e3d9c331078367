/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/str.h"

bool str_eq(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return strcmp(a, b) == 0;
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

int str_set(char **dst, const char *src)
{
	char *copy = NULL;

	if (src) {
		copy = strdup(src);
		if (!copy)
			return -ENOMEM;
	}
	free(*dst);
	*dst = copy;
	return 0;
}

char *str_printf(const char *format, ...)
{
	va_list ap;
	char *s;

	va_start(ap, format);
	s = str_vprintf(format, ap);
	va_end(ap);
	return s;
}

char *str_vprintf(const char *format, va_list ap)
{
	char *s;

	if (vasprintf(&s, format, ap) < 0)
		return NULL;
	return s;
}

char *str_chomp(char *s)
{
	size_t n = strlen(s);

	while (n > 0 && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
	return s;
}

int str_parse_u64(const char *s, unsigned base, uint64_t max, uint64_t *ret)
{
	unsigned long long value;
	char *end;

	/* strtoull() accepts blanks and signs before a number, this function does not */
	if (!isxdigit((unsigned char)s[0]))
		return -EINVAL;
	errno = 0;
	value = strtoull(s, &end, (int)base);
	if (end == s || *end)
		return -EINVAL;
	if (errno == ERANGE || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int str_parse_uint(const char *s, unsigned *ret)
{
	uint64_t value;
	int r;

	r = str_parse_u64(s, 10, UINT32_MAX, &value);
	if (r < 0)
		return r;
	*ret = (unsigned)value;
	return 0;
}

int str_parse_size(const char *s, uint64_t *ret)
{
	static const char units[] = "KMGTPE";
	unsigned long long value;
	const char *unit;
	char *end;
	unsigned shift = 0;

	if (str_eq(s, "infinity")) {
		*ret = UINT64_MAX;
		return 0;
	}
	if (!isdigit((unsigned char)s[0]))
		return -EINVAL;
	errno = 0;
	value = strtoull(s, &end, 10);
	if (errno == ERANGE)
		return -ERANGE;
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		shift = 10 * (unsigned)(unit - units + 1);
		end++;
	}
	if (*end && !str_eq(end, "B") && !(unit && str_eq(end, "iB")))
		return -EINVAL;
	if (shift && value > (UINT64_MAX >> shift))
		return -ERANGE;
	*ret = (uint64_t)value << shift;
	return 0;
}

/* Compares the numbers of any length that both strings start with, and moves behind them. */
static int str_compare_numbers(const char **a, const char **b)
{
	size_t size_a = strspn(*a, "0123456789"), size_b = strspn(*b, "0123456789");
	size_t zeros_a = strspn(*a, "0"), zeros_b = strspn(*b, "0");
	size_t digits_a = size_a - zeros_a, digits_b = size_b - zeros_b;
	int order;

	if (digits_a != digits_b)
		order = digits_a < digits_b ? -1 : 1;
	else
		order = strncmp(*a + zeros_a, *b + zeros_b, digits_a);
	/* "01" and "1" are equal numbers but different strings: the shorter one is first */
	if (order == 0 && size_a != size_b)
		order = size_a < size_b ? -1 : 1;
	*a += size_a;
	*b += size_b;
	return order;
}

int str_index(const char *const *words, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(words[i], s))
			return (int)i;
	return -EINVAL;
}

int str_natural_cmp(const char *a, const char *b)
{
	while (*a && *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			int order = str_compare_numbers(&a, &b);

			if (order)
				return order;
			continue;
		}
		if (*a != *b)
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}
