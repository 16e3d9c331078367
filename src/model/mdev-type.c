/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Types of mediated devices, in vectors sorted by id. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "model/mdev-type.h"

struct mdev_type *mdev_type_new(const char *id)
{
	_cleanup_mdev_type_ struct mdev_type *type = calloc(1, sizeof(*type));

	if (!type)
		return NULL;
	type->id = strdup(id);
	return type->id ? TAKE_PTR(type) : NULL;
}

struct mdev_type *mdev_type_free(struct mdev_type *type)
{
	if (!type)
		return NULL;
	free(type->id);
	free(type->name);
	free(type->description);
	free(type->api);
	free(type);
	return NULL;
}

DEFINE_VEC_CLEAR(mdev_types_clear, struct mdev_type, mdev_type_free)

static int mdev_type_compare_id(const void *id, const void *type)
{
	return str_natural_cmp(id, ((const struct mdev_type *)type)->id);
}

int mdev_types_put(struct vec *types, struct mdev_type *type)
{
	size_t at;
	ptrdiff_t i = vec_find_sorted(types, type->id, mdev_type_compare_id, &at);

	if (i < 0)
		return vec_insert(types, at, type);
	mdev_type_free(types->items[i]);
	types->items[i] = type;
	return 0;
}

const struct mdev_type *mdev_types_find(const struct vec *types, const char *id)
{
	ptrdiff_t i = vec_find_sorted(types, id, mdev_type_compare_id, NULL);

	return i < 0 ? NULL : types->items[i];
}

bool mdev_types_equal(const struct vec *a, const struct vec *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct mdev_type *x = a->items[i], *y = b->items[i];

		if (!str_eq(x->id, y->id) || !str_eq(x->name, y->name) || !str_eq(x->api, y->api) ||
		    !str_eq(x->description, y->description) || x->available != y->available)
			return false;
	}
	return true;
}

char *mdev_types_list(const struct vec *types)
{
	_cleanup_strv_builder_ struct strv_builder ids = { 0 };

	VEC_FOREACH(const struct mdev_type, type, types)
		if (strv_builder_add(&ids, type->id) < 0)
			return NULL;
	return strv_join(ids.list, ", ");
}
