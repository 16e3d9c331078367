/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* UTF-8 characters: their length, and whether a terminal may show them. */

#include <stdbool.h>
#include <stddef.h>

/*
 * Returns the length of the character at @s in bytes, or 0 if it is invalid. @size, the number of
 * bytes at @s, is at least 1.
 */
size_t utf8_length(const char *s, size_t size);

/*
 * Returns whether the valid character at @s is a control character, which a terminal would act on:
 * C0, DEL, or C1 (U+0080 to U+009F).
 */
bool utf8_is_control(const char *s);

/*
 * Replaces control characters and invalid bytes by '?', in place, for messages that quote foreign
 * text. The bytes of a character that was cut off are invalid, too. Returns @s.
 */
char *utf8_clean(char *s);
