/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Uses of a device by the host: copies, order, comparison. */

#include <errno.h>

#include "base/private.h"
#include "base/str.h"
#include "base/utf8.h"
#include "model/usage.h"

struct usage *usage_new(void)
{
	struct usage *usage = calloc(1, sizeof(*usage));

	if (usage) {
		usage->pid = -1;
		usage->owner = PRIVATE_NO_READER;
	}
	return usage;
}

struct usage *usage_free(struct usage *usage)
{
	if (!usage)
		return NULL;
	free(usage->kind);
	free(usage->what);
	free(usage->through);
	free(usage->name);
	free(usage->unit);
	free(usage);
	return NULL;
}

struct usage *usage_copy(const struct usage *usage)
{
	_cleanup_usage_ struct usage *copy = usage_new();

	/* users choose most of these: paths, names of processes and of interfaces */
	if (!copy || utf8_set(&copy->kind, usage->kind) < 0 ||
	    utf8_set(&copy->what, usage->what) < 0 ||
	    utf8_set(&copy->through, usage->through) < 0 ||
	    utf8_set(&copy->name, usage->name) < 0 || utf8_set(&copy->unit, usage->unit) < 0)
		return NULL;
	copy->pid = usage->pid;
	copy->source = usage->source;
	copy->owner = usage->owner;
	return TAKE_PTR(copy);
}

int usage_list_add(struct vec *usages, const struct usage *usage)
{
	_cleanup_usage_ struct usage *copy = usage_copy(usage);
	int r;

	if (!copy)
		return -ENOMEM;
	r = vec_add(usages, copy);
	if (r < 0)
		return r;
	TAKE_PTR(copy);
	return 0;
}

static int usage_compare_text(const char *a, const char *b)
{
	return str_natural_cmp(str_or(a, ""), str_or(b, ""));
}

int usage_compare(const void *a, const void *b)
{
	const struct usage *x = a, *y = b;
	int order;

	order = usage_compare_text(x->kind, y->kind);
	if (order)
		return order;
	order = usage_compare_text(x->what, y->what);
	if (order)
		return order;
	order = usage_compare_text(x->through, y->through);
	if (order)
		return order;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

void usage_list_sort(struct vec *usages)
{
	vec_sort(usages, usage_compare);
	for (size_t i = usages->n; i-- > 1;)
		if (usage_compare(usages->items[i - 1], usages->items[i]) == 0)
			usage_free(vec_remove_at(usages, i));
}

bool usage_list_equal(const struct vec *a, const struct vec *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct usage *x = a->items[i], *y = b->items[i];

		if (!str_eq(x->kind, y->kind) || !str_eq(x->what, y->what) || x->pid != y->pid ||
		    !str_eq(x->through, y->through) || !str_eq(x->name, y->name) ||
		    !str_eq(x->unit, y->unit) || x->owner != y->owner)
			return false;
	}
	return true;
}

DEFINE_VEC_CLEAR(usage_list_clear, struct usage, usage_free)
