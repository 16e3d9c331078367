/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* UTF-8 characters: their length, and what may be shown on a terminal. */

#include <stdbool.h>
#include <stddef.h>

/* Returns the bytes of the character at @s, which has @size bytes from 1 up; 0 if it is invalid. */
size_t utf8_length(const char *s, size_t size);

/*
 * Returns whether the valid character at @s is a control character, which a terminal would act on:
 * C0, DEL, or C1 (U+0080 to U+009F).
 */
bool utf8_is_control(const char *s);

/*
 * Replaces control characters and invalid bytes (also of a character that was cut) by '?', in
 * place, for messages that quote foreign text. Returns @s.
 */
char *utf8_clean(char *s);
