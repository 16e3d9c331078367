/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Conflicts between the groups of one host: which group was read first, and which one is reserved.
 */

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "policy/assess/overlap.h"

/* One group and the devices and IOMMU groups that it resolves to. */
struct overlap_group {
	const struct group_def *def;
	struct vec named;	 /* struct device, not owned */
	struct vec iommu_groups; /* struct iommu_group, not owned */
};

/* The group that owns a device or an IOMMU group. */
struct ownership {
	const void *thing;
	const struct group_def *def;
};

struct overlap {
	struct vec groups;   /* struct overlap_group, owned; overlap_decide() sorts by reading */
	struct vec devices;  /* struct ownership, owned; sorted by device */
	struct vec reserved; /* struct ownership, owned; sorted by IOMMU group */
};

static void overlap_group_free(struct overlap_group *group)
{
	if (!group)
		return;
	vec_drop(&group->named);
	vec_drop(&group->iommu_groups);
	free(group);
}

static DEFINE_VEC_CLEAR(overlap_clear_groups, struct overlap_group, overlap_group_free)
static DEFINE_VEC_CLEAR(overlap_clear_ownerships, struct ownership, free)

DEFINE_CLEANUP(struct overlap_group *, overlap_group_freep, overlap_group_free)

struct overlap *overlap_new(void)
{
	return calloc(1, sizeof(struct overlap));
}

struct overlap *overlap_free(struct overlap *overlap)
{
	if (!overlap)
		return NULL;
	overlap_clear_groups(&overlap->groups);
	overlap_clear_ownerships(&overlap->devices);
	overlap_clear_ownerships(&overlap->reserved);
	free(overlap);
	return NULL;
}

/* --- owners --- */

static int overlap_cmp_thing(const void *thing, const void *item)
{
	return vec_cmp_pointer(thing, ((const struct ownership *)item)->thing);
}

static int overlap_cmp_ownership(const void *a, const void *b)
{
	return overlap_cmp_thing(((const struct ownership *)a)->thing, b);
}

static struct ownership *overlap_find(const struct vec *ownerships, const void *thing)
{
	ptrdiff_t i = vec_find_sorted(ownerships, thing, overlap_cmp_thing, NULL);

	return i < 0 ? NULL : ownerships->items[i];
}

static int overlap_index_things(struct vec *ownerships, const struct vec *things)
{
	VEC_FOREACH(const void, thing, things) {
		_cleanup_free_ struct ownership *ownership = malloc(sizeof(*ownership));
		int r;

		if (!ownership)
			return -ENOMEM;
		*ownership = (struct ownership){ .thing = thing };
		r = vec_add(ownerships, ownership);
		if (r < 0)
			return r;
		ownership = NULL;
	}
	return 0;
}

/* Sorts the index and leaves each thing in it once, without an owner. */
static void overlap_sort_index(struct vec *ownerships)
{
	size_t n = 0;

	vec_sort(ownerships, overlap_cmp_ownership);
	for (size_t i = 0; i < ownerships->n; i++) {
		if (n > 0 &&
		    overlap_cmp_ownership(ownerships->items[n - 1], ownerships->items[i]) == 0)
			free(ownerships->items[i]);
		else
			ownerships->items[n++] = ownerships->items[i];
	}
	ownerships->n = n;
}

/* --- groups --- */

static int overlap_copy(struct vec *to, const struct vec *from)
{
	VEC_FOREACH(void, item, from) {
		int r = vec_add(to, item);

		if (r < 0)
			return r;
	}
	return 0;
}

int overlap_add(struct overlap *overlap, const struct group_def *def,
		const struct resolved_group *resolved)
{
	_cleanup_(overlap_group_freep) struct overlap_group *group = calloc(1, sizeof(*group));
	int r;

	if (!group)
		return -ENOMEM;
	group->def = def;
	r = overlap_copy(&group->named, &resolved->named);
	if (r < 0)
		return r;
	r = overlap_copy(&group->iommu_groups, &resolved->iommu_groups);
	if (r < 0)
		return r;
	r = vec_add(&overlap->groups, group);
	if (r < 0)
		return r;
	group = NULL;
	return 0;
}

static int overlap_cmp_order(const void *a, const void *b)
{
	const struct group_def *x = ((const struct overlap_group *)a)->def,
			       *y = ((const struct overlap_group *)b)->def;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return str_natural_cmp(x->name, y->name);
}

/* Returns the first of @things that a group other than @def owns, or NULL. */
static const struct ownership *overlap_find_other(const struct vec *ownerships,
						  const struct vec *things,
						  const struct group_def *def)
{
	VEC_FOREACH(const void, thing, things) {
		const struct ownership *ownership = overlap_find(ownerships, thing);

		if (ownership && ownership->def && ownership->def != def)
			return ownership;
	}
	return NULL;
}

static void overlap_take(const struct vec *ownerships, const struct vec *things,
			 const struct group_def *def)
{
	VEC_FOREACH(const void, thing, things) {
		struct ownership *ownership = overlap_find(ownerships, thing);

		if (!ownership->def)
			ownership->def = def;
	}
}

static int overlap_index(struct overlap *overlap)
{
	VEC_FOREACH(const struct overlap_group, group, &overlap->groups) {
		int r = overlap_index_things(&overlap->devices, &group->named);

		if (r < 0)
			return r;
		if (!group->def->reserved_for)
			continue;
		r = overlap_index_things(&overlap->reserved, &group->iommu_groups);
		if (r < 0)
			return r;
	}
	overlap_sort_index(&overlap->devices);
	overlap_sort_index(&overlap->reserved);
	return 0;
}

int overlap_decide(struct overlap *overlap)
{
	int r = overlap_index(overlap);

	if (r < 0)
		return r;
	vec_sort(&overlap->groups, overlap_cmp_order);
	VEC_FOREACH(const struct overlap_group, group, &overlap->groups) {
		/* A group that cannot be claimed takes no device from later groups. */
		if (overlap_find_other(&overlap->devices, &group->named, group->def))
			continue;
		overlap_take(&overlap->devices, &group->named, group->def);
		if (group->def->reserved_for)
			overlap_take(&overlap->reserved, &group->iommu_groups, group->def);
	}
	return 0;
}

/* --- blockers --- */

static int overlap_add_two_groups(const struct ownership *taken, const struct group_def *def,
				  struct resolved_group *resolved)
{
	const struct device *device = taken->thing;
	const struct group_def *other = taken->def;

	return blocker_add(&resolved->blockers, true, "two-groups", device->key,
			   "%s is already named by group %s (%s:%u), and a device belongs to one "
			   "group only. Remove it from one of the two files.",
			   device->key, other->name, str_or(other->file, "?"), other->line);
}

static int overlap_add_reserved(const struct ownership *taken, struct resolved_group *resolved)
{
	const struct iommu_group *group = taken->thing;
	const struct device *device = group->devices.items[0];
	const struct group_def *other = taken->def;

	return blocker_add(&resolved->blockers, true, "reserved", device->key,
			   "IOMMU group %u with %s moves with group %s, which is reserved for %s "
			   "(%s:%u). Claim group %s, or reserve this group for %s too.",
			   group->id, device->key, other->name, other->reserved_for,
			   str_or(other->file, "?"), other->line, other->name, other->reserved_for);
}

int overlap_assess(const struct overlap *overlap, const struct group_def *def,
		   struct resolved_group *resolved)
{
	const struct ownership *taken =
		overlap_find_other(&overlap->devices, &resolved->named, def);

	if (taken)
		return overlap_add_two_groups(taken, def, resolved);
	taken = overlap_find_other(&overlap->reserved, &resolved->iommu_groups, def);
	if (!taken || str_eq(taken->def->reserved_for, def->reserved_for))
		return 0;
	return overlap_add_reserved(taken, resolved);
}
