/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/str.h"
#include "model/usage.h"

struct use *use_new(void)
{
	struct use *use = calloc(1, sizeof(*use));

	if (use)
		use->pid = -1;
	return use;
}

struct use *use_free(struct use *use)
{
	if (!use)
		return NULL;
	free(use->kind);
	free(use->what);
	free(use->through);
	free(use->name);
	free(use->unit);
	free(use);
	return NULL;
}

static void *destroy_use(void *data)
{
	return use_free(data);
}

struct use *use_copy(const struct use *use)
{
	_cleanup_use_ struct use *copy = use_new();

	if (!copy || str_set(&copy->kind, use->kind) < 0 || str_set(&copy->what, use->what) < 0 ||
	    str_set(&copy->through, use->through) < 0 || str_set(&copy->name, use->name) < 0 ||
	    str_set(&copy->unit, use->unit) < 0)
		return NULL;
	copy->pid = use->pid;
	copy->source = use->source;
	return TAKE_PTR(copy);
}

int uses_add(struct vec *uses, const struct use *use)
{
	struct use *copy = use_copy(use);

	if (!copy || vec_add(uses, copy) < 0) {
		use_free(copy);
		return -ENOMEM;
	}
	return 0;
}

static int cmp_text(const char *a, const char *b)
{
	return str_natural_cmp(str_or(a, ""), str_or(b, ""));
}

static int cmp_use(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	int order = cmp_text(x->kind, y->kind);

	if (!order)
		order = cmp_text(x->what, y->what);
	if (!order)
		order = cmp_text(x->through, y->through);
	if (!order)
		order = (x->pid > y->pid) - (x->pid < y->pid);
	return order;
}

void uses_sort(struct vec *uses)
{
	vec_sort(uses, cmp_use);
	for (size_t i = uses->n; i-- > 1;)
		if (cmp_use(uses->items[i - 1], uses->items[i]) == 0)
			use_free(vec_remove_at(uses, i));
}

bool uses_equal(const struct vec *a, const struct vec *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct use *x = a->items[i], *y = b->items[i];

		if (!str_eq(x->kind, y->kind) || !str_eq(x->what, y->what) || x->pid != y->pid ||
		    !str_eq(x->through, y->through) || !str_eq(x->name, y->name) ||
		    !str_eq(x->unit, y->unit))
			return false;
	}
	return true;
}

void uses_clear(struct vec *uses)
{
	vec_clear(uses, destroy_use);
}
