/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Mutates text for fuzz tests: copies with random errors, which are the same in every run. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline uint32_t mutate_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/*
 * Returns a copy of @text with a stretch removed or doubled, and up to two bytes replaced. The copy
 * has no final NUL and fills its allocation, so that a sanitizer detects a read behind its end.
 * @state must not be 0. The caller frees the copy.
 */
static inline char *mutate(const char *text, size_t size, uint32_t *state, size_t *ret_size)
{
	static const char bytes[] = "{}[]\",:/*\\0123456789-.eEtfn\n \xc3\xff\x01";
	size_t at = mutate_random(state) % size, n = mutate_random(state) % 8;
	size_t from = at; /* where the copy continues */
	char *copy = malloc(2 * size), *exact;

	if (mutate_random(state) % 2)
		from -= n <= at ? n : 0;
	else
		from += n <= size - at ? n : 0;
	memcpy(copy, text, at);
	memcpy(copy + at, text + from, size - from);
	size = at + size - from;
	for (unsigned changes = mutate_random(state) % 3; changes > 0 && size > 0; changes--)
		copy[mutate_random(state) % size] = bytes[mutate_random(state) % sizeof(bytes)];
	exact = realloc(copy, size + !size);
	*ret_size = size;
	return exact;
}
