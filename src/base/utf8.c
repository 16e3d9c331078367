/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/utf8.h"

/* Returns the length of a character with the first byte @first; 0 if no character has it. */
static size_t utf8_length_of_first(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2)
		return 0;
	if (first < 0xe0)
		return 2;
	if (first < 0xf0)
		return 3;
	return first < 0xf5 ? 4 : 0;
}

/* Detects overlong forms, surrogates, and code points above U+10FFFF by the first two bytes. */
static bool utf8_is_forbidden(const unsigned char *c)
{
	return (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
	       (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f);
}

size_t utf8_length(const char *s, size_t size)
{
	const unsigned char *c = (const unsigned char *)s;
	size_t n = utf8_length_of_first(c[0]);

	if (n > size)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	if (n > 1 && utf8_is_forbidden(c))
		return 0;
	return n;
}

bool utf8_is_control(const char *s)
{
	unsigned char c = (unsigned char)s[0];

	return c < 0x20 || c == 0x7f || (c == 0xc2 && (unsigned char)s[1] < 0xa0);
}

char *utf8_clean(char *s)
{
	size_t left = strlen(s), n;

	for (char *at = s; left > 0; at += n, left -= n) {
		n = utf8_length(at, left);
		if (n > 0 && !utf8_is_control(at))
			continue;
		n = n ? n : 1;
		memset(at, '?', n);
	}
	return s;
}
