/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/str.h"
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

bool utf8_has_control(const char *s)
{
	for (size_t left = strlen(s), n; left > 0; s += n, left -= n) {
		n = utf8_length(s, left);
		if (n == 0 || utf8_is_control(s))
			return true;
	}
	return false;
}

/* Decodes the valid character of @n bytes at @s. */
static uint32_t utf8_decode(const char *s, size_t n)
{
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t code_point = (unsigned char)s[0] & masks[n];

	for (size_t i = 1; i < n; i++)
		code_point = code_point << 6 | ((unsigned char)s[i] & 0x3f);
	return code_point;
}

static bool utf8_is_noncharacter(uint32_t code_point)
{
	return (code_point >= 0xfdd0 && code_point <= 0xfdef) || (code_point & 0xfffe) == 0xfffe;
}

size_t utf8_bus_length(const char *s, size_t size)
{
	size_t n = utf8_length(s, size);

	return n > 2 && utf8_is_noncharacter(utf8_decode(s, n)) ? 0 : n;
}

bool utf8_is_unsafe(uint32_t code_point)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x0000, 0x001f }, /* C0 */
		{ 0x007f, 0x009f }, /* DEL, C1 */
		{ 0x061c, 0x061c }, /* Arabic letter mark */
		{ 0x200e, 0x200f }, /* left-to-right and right-to-left mark */
		{ 0x2028, 0x202e }, /* separators; embeddings and overrides of direction */
		{ 0x2066, 0x2069 }, /* isolates of direction */
		{ 0xfeff, 0xfeff }, /* byte order mark */
	};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (code_point >= ranges[i].first && code_point <= ranges[i].last)
			return true;
	return utf8_is_noncharacter(code_point);
}

static bool utf8_is_safe(const char *s, size_t n)
{
	return n > 0 && !utf8_is_unsafe(utf8_decode(s, n));
}

bool utf8_is_clean(const char *s)
{
	for (size_t left = strlen(s), n; left > 0; s += n, left -= n) {
		n = utf8_length(s, left);
		if (!utf8_is_safe(s, n))
			return false;
	}
	return true;
}

/* Replaces the character of @n bytes at @s, or an invalid byte. Returns the number of bytes. */
static size_t utf8_replace(char *s, size_t n)
{
	n = n ? n : 1;
	memset(s, '?', n);
	return n;
}

/* @kept: unsafe characters of one byte that stay. */
static char *utf8_clean_except(char *s, const char *kept)
{
	size_t left = strlen(s), n;

	for (char *at = s; left > 0; at += n, left -= n) {
		n = utf8_length(at, left);
		if (!utf8_is_safe(at, n) && !strchr(kept, *at))
			n = utf8_replace(at, n);
	}
	return s;
}

char *utf8_clean(char *s)
{
	return utf8_clean_except(s, "");
}

char *utf8_clean_lines(char *s)
{
	return utf8_clean_except(s, "\n\t");
}

char *utf8_mend(const char *s)
{
	size_t left = strlen(s);
	char *copy = malloc(3 * left + 1), *out = copy;

	if (!copy)
		return NULL;
	while (left > 0) {
		size_t n = utf8_bus_length(s, left);

		out = mempcpy(out, n ? s : "\xef\xbf\xbd", n ? n : 3);
		s += n ? n : 1;
		left -= n ? n : 1;
	}
	*out = '\0';
	return copy;
}

char *utf8_clean_for_bus(char *s)
{
	size_t left = strlen(s), n;

	for (char *at = s; left > 0; at += n, left -= n) {
		n = utf8_bus_length(at, left);
		if (n == 0)
			n = utf8_replace(at, utf8_length(at, left));
	}
	return s;
}

char *utf8_fit(char *to, size_t size, const char *text)
{
	size_t at = 0;

	for (size_t left = strlen(text), n; left > 0; at += n, left -= n) {
		n = utf8_length(text + at, left);
		n = n ? n : 1;
		if (at + n >= size)
			break;
	}
	memcpy(to, text, at);
	to[at] = '\0';
	return to;
}

/* Writes "\\u202e"; above U+FFFF a pair of surrogates. Returns the end. */
static char *utf8_write_escape(char *to, uint32_t code_point)
{
	if (code_point < 0x10000)
		return to + sprintf(to, "\\u%04x", (unsigned)code_point);
	code_point -= 0x10000;
	return to + sprintf(to, "\\u%04x\\u%04x", (unsigned)(0xd800 | code_point >> 10),
			    (unsigned)(0xdc00 | (code_point & 0x3ff)));
}

char *utf8_escape_json(const char *s)
{
	size_t left = strlen(s);
	char *copy = malloc(6 * left + 1), *to = copy;

	if (!copy)
		return NULL;
	for (size_t n; left > 0; s += n, left -= n) {
		n = utf8_length(s, left);
		if (utf8_is_safe(s, n) || strchr("\n\t", *s)) {
			to = mempcpy(to, s, n);
			continue;
		}
		to = utf8_write_escape(to, n ? utf8_decode(s, n) : 0xfffd);
		n = n ? n : 1;
	}
	*to = '\0';
	return copy;
}

int utf8_set(char **dst, const char *src)
{
	int r = str_set(dst, src);

	if (r >= 0 && *dst)
		utf8_clean(*dst);
	return r;
}
