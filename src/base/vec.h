/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A growing array of pointers. Who owns what the pointers show is said beside each field of
 * this type; vec_clear() frees the elements, vec_drop() only the array.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"

struct vec {
	void **items;
	size_t n;
	size_t room;
};

typedef int (*vec_cmp)(const void *a, const void *b); /* get the elements themselves */

/* 0 or -ENOMEM. */
int vec_add(struct vec *vec, void *item) _must_check_;
int vec_insert(struct vec *vec, size_t at, void *item) _must_check_;

/* Takes the element out and returns it. */
void *vec_remove_at(struct vec *vec, size_t at);
bool vec_remove(struct vec *vec, const void *item);

/*
 * In a vector sorted by @cmp: the index of the element equal to @key, or -1, and then *ret_at is
 * where it belongs. @cmp gets (key, element).
 */
ptrdiff_t vec_find_sorted(const struct vec *vec, const void *key, vec_cmp cmp, size_t *ret_at);
/* Appends all of @from, which is empty afterwards. 0 or -ENOMEM, and then nothing has changed. */
int vec_move(struct vec *to, struct vec *from) _must_check_;
void vec_sort(struct vec *vec, vec_cmp cmp);
/* Orders elements by where they lie. */
int vec_cmp_pointer(const void *a, const void *b);

void vec_clear(struct vec *vec, void *(*destroy)(void *));
void vec_drop(struct vec *vec);

/*
 * Defines void @name(struct vec *), which destroys each element, a @type *, and empties the vector.
 * "static" may stand before it; otherwise a header declares @name.
 */
#define DEFINE_VEC_CLEAR(name, type, destroy) \
	void name(struct vec *vec)            \
	{                                     \
		VEC_FOREACH(type, item, vec)  \
			destroy(item);        \
		vec_drop(vec);                \
	}

#define _cleanup_vec_ _cleanup_(vec_drop)

/* for (type *item; …): the loop variable is declared here. The vector must not change meanwhile. */
#define VEC_FOREACH(type, item, vec)                                    \
	for (size_t item##_i = 0, item##_once = 1; item##_i < (vec)->n; \
	     item##_i++, item##_once = 1)                               \
		for (type *item = (vec)->items[item##_i]; item##_once; item##_once = 0)
