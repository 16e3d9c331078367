/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A growing array of pointers. A comment beside each field of this type says what the elements are
 * and whether they are owned. DEFINE_VEC_CLEAR makes a function that frees the elements, too;
 * vec_drop() frees only the array.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"

struct vec {
	void **items;
	size_t n;
	size_t room;
};

typedef int (*vec_cmp)(const void *a, const void *b); /* gets the elements themselves */

/* Add @item at the end, or before the element @at. 0 or -ENOMEM. */
int vec_add(struct vec *vec, void *item) _must_check_;
int vec_insert(struct vec *vec, size_t at, void *item) _must_check_;

/* Tells whether @item is in the vector. Looks at each element. */
bool vec_has(const struct vec *vec, const void *item);
/* Removes the element and returns it. */
void *vec_remove_at(struct vec *vec, size_t at);
/* Removes @item. False if it is not in the vector. */
bool vec_remove(struct vec *vec, const void *item);

/*
 * Searches a vector that is sorted by @cmp, which gets (key, element). Returns the index of the
 * element equal to @key, or -1 with the place for it in *ret_at, which may be NULL.
 */
ptrdiff_t vec_find_sorted(const struct vec *vec, const void *key, vec_cmp cmp, size_t *ret_at);
/* Moves all elements of @from to the end of @to. 0, or -ENOMEM with both unchanged. */
int vec_move(struct vec *to, struct vec *from) _must_check_;
void vec_sort(struct vec *vec, vec_cmp cmp);
/* Compares the addresses of elements. */
int vec_cmp_pointer(const void *a, const void *b);

/* Frees the array, but not its elements. */
void vec_drop(struct vec *vec);

/*
 * Defines void @name(struct vec *), which destroys each element, a @type *, and empties the vector.
 * Write "static" before it, or declare @name in a header.
 */
#define DEFINE_VEC_CLEAR(name, type, destroy) \
	void name(struct vec *vec)            \
	{                                     \
		VEC_FOREACH(type, item, vec)  \
			destroy(item);        \
		vec_drop(vec);                \
	}

#define _cleanup_vec_ _cleanup_(vec_drop)

/* Declares the loop variable: for (type *item; …). The vector must not change in the loop. */
#define VEC_FOREACH(type, item, vec)                                    \
	for (size_t item##_i = 0, item##_once = 1; item##_i < (vec)->n; \
	     item##_i++, item##_once = 1)                               \
		for (type *item = (vec)->items[item##_i]; item##_once; item##_once = 0)
