/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/vec.h"

int vec_insert(struct vec *vec, size_t at, void *item)
{
	if (vec->n == vec->room) {
		size_t room = vec->room ? vec->room * 2 : 8;
		void **items = reallocarray(vec->items, room, sizeof(void *));

		if (!items)
			return -ENOMEM;
		vec->items = items;
		vec->room = room;
	}
	memmove(vec->items + at + 1, vec->items + at, (vec->n - at) * sizeof(void *));
	vec->items[at] = item;
	vec->n++;
	return 0;
}

int vec_add(struct vec *vec, void *item)
{
	return vec_insert(vec, vec->n, item);
}

int vec_move(struct vec *to, struct vec *from)
{
	void **items;

	if (from->n > to->room - to->n) {
		items = reallocarray(to->items, to->n + from->n, sizeof(void *));
		if (!items)
			return -ENOMEM;
		to->items = items;
		to->room = to->n + from->n;
	}
	if (from->n > 0)
		memcpy(to->items + to->n, from->items, from->n * sizeof(void *));
	to->n += from->n;
	from->n = 0;
	return 0;
}

bool vec_has(const struct vec *vec, const void *item)
{
	for (size_t i = 0; i < vec->n; i++)
		if (vec->items[i] == item)
			return true;
	return false;
}

void *vec_remove_at(struct vec *vec, size_t at)
{
	void *item = vec->items[at];

	vec->n--;
	memmove(vec->items + at, vec->items + at + 1, (vec->n - at) * sizeof(void *));
	return item;
}

bool vec_remove(struct vec *vec, const void *item)
{
	for (size_t i = 0; i < vec->n; i++)
		if (vec->items[i] == item) {
			vec_remove_at(vec, i);
			return true;
		}
	return false;
}

ptrdiff_t vec_find_sorted(const struct vec *vec, const void *key, vec_cmp cmp, size_t *ret_at)
{
	size_t low = 0, high = vec->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = cmp(key, vec->items[middle]);

		if (order == 0)
			return (ptrdiff_t)middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	if (ret_at)
		*ret_at = low;
	return -1;
}

static int vec_compare_items(const void *a, const void *b, void *cmp)
{
	return (*(vec_cmp *)cmp)(*(void *const *)a, *(void *const *)b);
}

void vec_sort(struct vec *vec, vec_cmp cmp)
{
	if (vec->n > 1)
		qsort_r(vec->items, vec->n, sizeof(void *), vec_compare_items, &cmp);
}

int vec_cmp_pointer(const void *a, const void *b)
{
	return (a > b) - (a < b);
}

void vec_drop(struct vec *vec)
{
	free(vec->items);
	*vec = (struct vec){ 0 };
}
