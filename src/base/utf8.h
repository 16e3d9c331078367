/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Text of others: names of processes, paths, labels, firmware strings. The kernel lets most of it
 * be any bytes. It is cleaned where it enters, before it is kept or shown.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"

/*
 * Returns the length of the character at @s in bytes, or 0 if it is invalid. @size, the number of
 * bytes at @s, is at least 1.
 */
size_t utf8_length(const char *s, size_t size);

/*
 * Does the same, but noncharacters (U+FDD0 to U+FDEF, U+FFFE, U+FFFF and their like) are invalid,
 * too: sd-bus refuses the whole message for one (unichar_is_valid() of systemd).
 */
size_t utf8_bus_length(const char *s, size_t size);

/*
 * Returns whether the valid character at @s is a control character, which a terminal would act on:
 * C0, DEL, or C1 (U+0080 to U+009F).
 */
bool utf8_is_control(const char *s);

/* Returns whether @s has a control character, or an invalid byte. */
bool utf8_has_control(const char *s);

/*
 * Returns whether a character has no place within a line: a control character, a separator of
 * lines, a mark that changes the direction of the text around it, or a noncharacter.
 */
bool utf8_is_unsafe(uint32_t code_point);

/* Returns whether all of @s is valid on the bus, and has no unsafe character. */
bool utf8_is_clean(const char *s) _must_check_;

/*
 * Replaces unsafe characters and invalid bytes by '?', in place. The bytes of a character that was
 * cut off are invalid, so call it after each truncation. Returns @s.
 */
char *utf8_clean(char *s);
/* Does the same, but keeps tabs and the ends of lines. */
char *utf8_clean_lines(char *s);
/*
 * Returns a copy with U+FFFD in place of each byte that the bus would refuse; the caller frees it.
 * NULL when out of memory.
 */
char *utf8_mend(const char *s) _must_check_;
/* Replaces only what makes the bus refuse a message. */
char *utf8_clean_for_bus(char *s);

/* Copies as many whole characters of @text as fit into @size bytes with the NUL. Returns @to. */
char *utf8_fit(char *to, size_t size, const char *text);

/*
 * Returns a copy of a JSON text in which each unsafe character is written as "\\u001b". Such
 * characters are only in strings there, but for tabs and the ends of lines, which stay. The caller
 * frees the copy; NULL when out of memory.
 */
char *utf8_escape_json(const char *s) _must_check_;

/* Replaces *dst by a clean copy of @src, or by NULL. 0, or -ENOMEM with *dst unchanged. */
int utf8_set(char **dst, const char *src) _must_check_;
