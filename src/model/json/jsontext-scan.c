/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The scanner of JSON: characters, blanks, strings and words, which contain no other value. */

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/utf8.h"
#include "model/json/jsontext-parser.h"

/* --- errors --- */

int jsontext_scan_fail(struct jsontext_parser *p, size_t offset, const char *format, ...)
{
	va_list ap;

	p->error->at = jsontext_locate(p->doc, offset);
	va_start(ap, format);
	vsnprintf(p->error->text, sizeof(p->error->text), format, ap);
	utf8_clean(p->error->text);
	va_end(ap);
	return -EBADMSG;
}

static bool jsontext_scan_is_word(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_+-.", c));
}

static size_t jsontext_scan_word_size(const struct jsontext_parser *p)
{
	size_t n = 0;

	while (p->at + n < p->size && jsontext_scan_is_word(p->text[p->at + n]))
		n++;
	return n;
}

int jsontext_scan_expected(struct jsontext_parser *p, const char *what)
{
	size_t word = jsontext_scan_word_size(p);
	unsigned char c;

	if (p->at >= p->size)
		return jsontext_scan_fail(p, p->at, "expected %s, but the text ends here", what);
	c = (unsigned char)p->text[p->at];
	if (c == '\'')
		return jsontext_scan_fail(p, p->at, "expected %s: strings need double quotes",
					  what);
	if (word > 0)
		return jsontext_scan_fail(p, p->at, "expected %s, found \"%.*s\"", what,
					  word > 24 ? 24 : (int)word, p->text + p->at);
	if (isprint(c))
		return jsontext_scan_fail(p, p->at, "expected %s, found '%c'", what, c);
	return jsontext_scan_fail(p, p->at, "expected %s, found the byte 0x%02x", what, c);
}

/* --- characters --- */

int jsontext_scan_check_characters(struct jsontext_parser *p)
{
	for (size_t at = 0; at < p->size;) {
		size_t n = 1;

		if (p->text[at] == '\0')
			return jsontext_scan_fail(p, at, "NUL byte: expected text in UTF-8");
		if ((unsigned char)p->text[at] >= 0x80) {
			n = utf8_length(p->text + at, p->size - at);
			if (n == 0)
				return jsontext_scan_fail(p, at, "byte 0x%02x is not UTF-8",
							  (unsigned char)p->text[at]);
		}
		at += n;
	}
	return 0;
}

static int jsontext_scan_comment(struct jsontext_parser *p)
{
	const char *start = p->text + p->at, *end;
	size_t left = p->size - p->at;

	if (!p->rules->comments)
		return jsontext_scan_expected(p, "JSON without comments");
	if (left > 1 && start[1] == '/') {
		end = memchr(start, '\n', left);
		p->at = end ? (size_t)(end - p->text) : p->size;
		return 0;
	}
	if (left < 2 || start[1] != '*')
		return jsontext_scan_fail(p, p->at, "a comment starts with // or /*");
	end = memmem(start + 2, left - 2, "*/", 2);
	if (!end)
		return jsontext_scan_fail(p, p->at, "this comment has no end: expected */");
	p->at = (size_t)(end + 2 - p->text);
	return 0;
}

int jsontext_scan_blanks(struct jsontext_parser *p)
{
	int r;

	while (p->at < p->size) {
		char c = p->text[p->at];

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			p->at++;
		} else if (c == '/') {
			r = jsontext_scan_comment(p);
			if (r < 0)
				return r;
		} else {
			break;
		}
	}
	return 0;
}

/* --- strings --- */

static char *jsontext_scan_put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	} else {
		*out++ = (char)(0xf0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	}
	return out;
}

/* Reads an escape at @at: "\u" and four hex digits. */
static bool jsontext_scan_utf16_unit(const struct jsontext_parser *p, size_t at, uint32_t *ret)
{
	uint32_t value = 0;

	if (p->size - at < 6 || p->text[at] != '\\' || p->text[at + 1] != 'u')
		return false;
	for (size_t i = at + 2; i < at + 6; i++) {
		unsigned char c = (unsigned char)p->text[i];

		if (!isxdigit(c))
			return false;
		value = value << 4 | (uint32_t)(isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
	}
	*ret = value;
	return true;
}

/* Reads \uXXXX, or the two of a surrogate pair, which are one character above U+FFFF. */
static int jsontext_scan_unicode_escape(struct jsontext_parser *p, char **out)
{
	uint32_t c, low;

	if (!jsontext_scan_utf16_unit(p, p->at, &c))
		return jsontext_scan_fail(p, p->at, "expected four hex digits after \\u");
	if (c == 0)
		return jsontext_scan_fail(p, p->at,
					  "the character NUL cannot be part of a string here");
	if (c >= 0xd800 && c < 0xe000) {
		if (c >= 0xdc00 || !jsontext_scan_utf16_unit(p, p->at + 6, &low) || low < 0xdc00 ||
		    low > 0xdfff)
			return jsontext_scan_fail(p, p->at,
						  "half of a surrogate pair is not a character");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		p->at += 6;
	}
	p->at += 6;
	*out = jsontext_scan_put_utf8(*out, c);
	return 0;
}

static int jsontext_scan_escape(struct jsontext_parser *p, char **out)
{
	static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	char c = p->at + 1 < p->size ? p->text[p->at + 1] : '\0';
	const char *known;

	if (c == 'u')
		return jsontext_scan_unicode_escape(p, out);
	known = c ? strchr(letters, c) : NULL;
	if (!known)
		return jsontext_scan_fail(p, p->at,
					  "a backslash is followed by one of \" \\ / b f n r t u");
	*(*out)++ = values[known - letters];
	p->at += 2;
	return 0;
}

/* Returns the closing quote of the string at the current place, or p->size without one. */
static size_t jsontext_scan_find_quote(const struct jsontext_parser *p)
{
	size_t at = p->at + 1;

	while (at < p->size && p->text[at] != '"' && p->text[at] != '\n')
		at += p->text[at] == '\\' ? 2 : 1;
	return at < p->size && p->text[at] == '"' ? at : p->size;
}

int jsontext_scan_string(struct jsontext_parser *p, const char **ret, size_t *ret_size)
{
	size_t end = jsontext_scan_find_quote(p);
	char *value, *out;
	int r;

	if (end == p->size)
		return jsontext_scan_fail(p, p->at,
					  "this string has no end: expected \" on the same line");
	/* this is enough: an escape is never shorter than its value */
	value = out = jsontext_take(p->doc, end - p->at);
	if (!value)
		return -ENOMEM;
	for (p->at++; p->at < end;) {
		unsigned char c = (unsigned char)p->text[p->at];

		if (c < 0x20)
			return jsontext_scan_fail(p, p->at,
						  "byte 0x%02x in a string: write \\u%04x", c, c);
		if (c != '\\') {
			*out++ = (char)c;
			p->at++;
			continue;
		}
		r = jsontext_scan_escape(p, &out);
		if (r < 0)
			return r;
	}
	p->at++;
	*out = '\0';
	*ret = value;
	*ret_size = (size_t)(out - value);
	return 0;
}

/* --- words --- */

static size_t jsontext_scan_count_digits(const char *s, size_t size)
{
	size_t n = 0;

	while (n < size && isdigit((unsigned char)s[n]))
		n++;
	return n;
}

static bool jsontext_scan_is_number(const char *s, size_t size)
{
	size_t at = size > 0 && s[0] == '-', n = jsontext_scan_count_digits(s + at, size - at);

	if (n == 0 || (n > 1 && s[at] == '0'))
		return false;
	at += n;
	if (at < size && s[at] == '.') {
		n = jsontext_scan_count_digits(s + at + 1, size - at - 1);
		if (n == 0)
			return false;
		at += n + 1;
	}
	if (at < size && (s[at] == 'e' || s[at] == 'E')) {
		at++;
		at += at < size && (s[at] == '+' || s[at] == '-');
		n = jsontext_scan_count_digits(s + at, size - at);
		if (n == 0)
			return false;
		at += n;
	}
	return at == size;
}

int jsontext_scan_word(struct jsontext_parser *p, struct jsontext_node *node)
{
	const char *s = p->text + p->at;
	size_t n = jsontext_scan_word_size(p);
	char *copy;

	if (n == 4 && memcmp(s, "null", 4) == 0) {
		node->type = JSONTEXT_NULL;
	} else if ((n == 4 && memcmp(s, "true", 4) == 0) ||
		   (n == 5 && memcmp(s, "false", 5) == 0)) {
		node->type = JSONTEXT_BOOL;
		node->boolean = n == 4;
	} else if (jsontext_scan_is_number(s, n)) {
		copy = jsontext_take(p->doc, n + 1);
		if (!copy)
			return -ENOMEM;
		node->type = JSONTEXT_NUMBER;
		node->text = memcpy(copy, s, n);
		copy[n] = '\0';
	} else {
		return jsontext_scan_expected(p, "a value");
	}
	p->at += n;
	return 0;
}
