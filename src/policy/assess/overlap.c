/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "policy/assess/overlap.h"

/* One group and its part of the host. */
struct part {
	const struct groupdef *def;
	struct vec named;	 /* struct device, not owned */
	struct vec iommu_groups; /* struct iommu_group, not owned */
};

/* Who has a device or an IOMMU group. */
struct holding {
	const void *thing;
	const struct groupdef *def;
};

struct overlap {
	struct vec parts;    /* struct part, owned; once settled in the order of reading */
	struct vec devices;  /* struct holding, owned; by thing: the group that names the device */
	struct vec reserved; /* struct holding, owned; by thing: who has reserved the IOMMU group */
};

static void *part_free(void *data)
{
	struct part *part = data;

	vec_drop(&part->named);
	vec_drop(&part->iommu_groups);
	free(part);
	return NULL;
}

static void *holding_free(void *data)
{
	free(data);
	return NULL;
}

struct overlap *overlap_new(void)
{
	return calloc(1, sizeof(struct overlap));
}

struct overlap *overlap_free(struct overlap *overlap)
{
	if (!overlap)
		return NULL;
	vec_clear(&overlap->parts, part_free);
	vec_clear(&overlap->devices, holding_free);
	vec_clear(&overlap->reserved, holding_free);
	free(overlap);
	return NULL;
}

/* --- who has what ------------------------------------------------------------------------------ */

static int cmp_thing(const void *thing, const void *item)
{
	return vec_cmp_pointer(thing, ((const struct holding *)item)->thing);
}

static int cmp_holding(const void *a, const void *b)
{
	return cmp_thing(((const struct holding *)a)->thing, b);
}

static struct holding *find(const struct vec *holdings, const void *thing)
{
	ptrdiff_t i = vec_find_sorted(holdings, thing, cmp_thing, NULL);

	return i < 0 ? NULL : holdings->items[i];
}

static int add_things(struct vec *holdings, const struct vec *things)
{
	VEC_FOREACH(const void, thing, things) {
		struct holding *holding = malloc(sizeof(*holding));

		if (!holding || vec_add(holdings, holding) < 0) {
			free(holding);
			return -ENOMEM;
		}
		*holding = (struct holding){ .thing = thing };
	}
	return 0;
}

/* Sorted, each thing once, of nobody yet. */
static void make_index(struct vec *holdings)
{
	size_t n = 0;

	vec_sort(holdings, cmp_holding);
	for (size_t i = 0; i < holdings->n; i++) {
		if (n > 0 && cmp_holding(holdings->items[n - 1], holdings->items[i]) == 0)
			free(holdings->items[i]);
		else
			holdings->items[n++] = holdings->items[i];
	}
	holdings->n = n;
}

/* --- filling ----------------------------------------------------------------------------------- */

static int copy(struct vec *to, const struct vec *from)
{
	VEC_FOREACH(void, item, from)
		if (vec_add(to, item) < 0)
			return -ENOMEM;
	return 0;
}

int overlap_add(struct overlap *overlap, const struct groupdef *def, const struct groupview *view)
{
	struct part *part = calloc(1, sizeof(*part));

	if (!part)
		return -ENOMEM;
	part->def = def;
	if (copy(&part->named, &view->named) < 0 ||
	    copy(&part->iommu_groups, &view->iommu_groups) < 0 ||
	    vec_add(&overlap->parts, part) < 0) {
		part_free(part);
		return -ENOMEM;
	}
	return 0;
}

static int cmp_order(const void *a, const void *b)
{
	const struct groupdef *x = ((const struct part *)a)->def, *y = ((const struct part *)b)->def;

	return x->order == y->order ? str_natural_cmp(x->name, y->name)
				    : x->order < y->order ? -1 : 1;
}

/* The first of @things that somebody else has; NULL if there is none. */
static const struct holding *find_other(const struct vec *holdings, const struct vec *things,
					const struct groupdef *def)
{
	VEC_FOREACH(const void, thing, things) {
		const struct holding *holding = find(holdings, thing);

		if (holding && holding->def && holding->def != def)
			return holding;
	}
	return NULL;
}

static void take(const struct vec *holdings, const struct vec *things, const struct groupdef *def)
{
	VEC_FOREACH(const void, thing, things) {
		struct holding *holding = find(holdings, thing);

		if (!holding->def)
			holding->def = def;
	}
}

int overlap_settle(struct overlap *overlap)
{
	VEC_FOREACH(const struct part, part, &overlap->parts)
		if (add_things(&overlap->devices, &part->named) < 0 ||
		    (part->def->reserved_for &&
		     add_things(&overlap->reserved, &part->iommu_groups) < 0))
			return -ENOMEM;
	make_index(&overlap->devices);
	make_index(&overlap->reserved);
	vec_sort(&overlap->parts, cmp_order);
	VEC_FOREACH(const struct part, part, &overlap->parts) {
		/* one that cannot be had takes no device from those behind it */
		if (find_other(&overlap->devices, &part->named, part->def))
			continue;
		take(&overlap->devices, &part->named, part->def);
		if (part->def->reserved_for)
			take(&overlap->reserved, &part->iommu_groups, part->def);
	}
	return 0;
}

/* --- judging ----------------------------------------------------------------------------------- */

static int add_two_groups(const struct holding *taken, const struct groupdef *def,
			  struct groupview *view)
{
	const struct device *device = taken->thing;
	const struct groupdef *other = taken->def;

	return blocker_add(&view->blockers, true, "two-groups", device->key,
			   "%s is named by group %s already (%s:%u), and a device can be in one "
			   "group only. Take it out of one of the two files.",
			   device->key, other->name, str_or(other->file, "?"), other->line);
}

static int add_reserved(const struct holding *taken, struct groupview *view)
{
	const struct iommu_group *group = taken->thing;
	const struct device *device = group->devices.items[0];
	const struct groupdef *other = taken->def;

	return blocker_add(&view->blockers, true, "reserved", device->key,
			   "IOMMU group %u with %s moves with group %s, which is reserved for %s "
			   "(%s:%u). Claim that one, or reserve this one for %s as well.",
			   group->id, device->key, other->name, other->reserved_for,
			   str_or(other->file, "?"), other->line, other->reserved_for);
}

int overlap_assess(const struct overlap *overlap, const struct groupdef *def,
		   struct groupview *view)
{
	const struct holding *taken = find_other(&overlap->devices, &view->named, def);

	if (taken)
		return add_two_groups(taken, def, view);
	taken = find_other(&overlap->reserved, &view->iommu_groups, def);
	if (!taken || str_eq(taken->def->reserved_for, def->reserved_for))
		return 0;
	return add_reserved(taken, view);
}
