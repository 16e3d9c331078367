/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The set of definitions: keeps them sorted, and drops groups that name the same device. */

#include <errno.h>
#include <search.h>
#include <stdarg.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "base/utf8.h"
#include "model/config/def-set.h"

/* Limits the list of duplicate devices, as the list of problems of a file is limited. */
#define MAX_REPORTED 100

struct problem *def_set_problem_free(struct problem *problem)
{
	if (!problem)
		return NULL;
	free(problem->file);
	free(problem->text);
	strv_free(problem->groups);
	free(problem);
	return NULL;
}

DEFINE_CLEANUP(struct problem *, def_set_problem_freep, def_set_problem_free)

struct vf_def *def_set_vf_new(const char *device)
{
	_cleanup_vf_def_ struct vf_def *def = calloc(1, sizeof(*def));

	if (!def)
		return NULL;
	def->autoprobe = true;
	def->device = strdup(device);
	return def->device ? TAKE_PTR(def) : NULL;
}

struct vf_def *def_set_vf_free(struct vf_def *def)
{
	if (!def)
		return NULL;
	free(def->device);
	free(def->file);
	free(def);
	return NULL;
}

DEFINE_VEC_CLEAR(def_set_problems_clear, struct problem, def_set_problem_free)
static DEFINE_VEC_CLEAR(def_set_vfs_clear, struct vf_def, def_set_vf_free)
static DEFINE_VEC_CLEAR(def_set_mdevs_clear, struct mdev_def, mdev_def_free)
static DEFINE_VEC_CLEAR(def_set_quirks_clear, struct quirk, quirk_free)

struct def_set *def_set_new(void)
{
	return calloc(1, sizeof(struct def_set));
}

struct def_set *def_set_free(struct def_set *defs)
{
	if (!defs)
		return NULL;
	vec_drop(&defs->in_order);
	group_defs_clear(&defs->groups);
	def_set_vfs_clear(&defs->sriov);
	def_set_mdevs_clear(&defs->mdevs);
	def_set_quirks_clear(&defs->quirks);
	def_set_problems_clear(&defs->problems);
	free(defs);
	return NULL;
}

/* --- looking up --- */

static int def_set_compare_name(const void *name, const void *def)
{
	return strcmp(name, ((const struct group_def *)def)->name);
}

static int def_set_compare_vf(const void *device, const void *def)
{
	return strcmp(device, ((const struct vf_def *)def)->device);
}

static int def_set_compare_mdev(const void *key, const void *def)
{
	return strcmp(key, ((const struct mdev_def *)def)->key);
}

const struct group_def *def_set_find_group(const struct def_set *defs, const char *name)
{
	ptrdiff_t i = vec_find_sorted(&defs->groups, name, def_set_compare_name, NULL);

	return i < 0 ? NULL : defs->groups.items[i];
}

const struct vf_def *def_set_find_vfs(const struct def_set *defs, const char *device)
{
	ptrdiff_t i = vec_find_sorted(&defs->sriov, device, def_set_compare_vf, NULL);

	return i < 0 ? NULL : defs->sriov.items[i];
}

const struct mdev_def *def_set_find_mdev(const struct def_set *defs, const char *key)
{
	ptrdiff_t i = vec_find_sorted(&defs->mdevs, key, def_set_compare_mdev, NULL);

	return i < 0 ? NULL : defs->mdevs.items[i];
}

bool def_set_has_errors(const struct def_set *defs)
{
	VEC_FOREACH(const struct problem, problem, &defs->problems)
		if (!problem->warning)
			return true;
	return false;
}

const struct problem *def_set_find_problem(const struct vec *problems, const char *name)
{
	const struct problem *unknown = NULL;

	VEC_FOREACH(const struct problem, problem, problems) {
		if (strv_contains(problem->groups, name))
			return problem;
		if (!problem->warning && !problem->groups && !unknown)
			unknown = problem;
	}
	return unknown;
}

/* --- filling --- */

int def_set_put_group(struct def_set *defs, struct group_def *def)
{
	size_t at;
	ptrdiff_t i = vec_find_sorted(&defs->groups, def->name, def_set_compare_name, &at);
	int r;

	r = vec_add(&defs->in_order, def);
	if (r < 0)
		return r;
	if (i >= 0) {
		vec_remove(&defs->in_order, defs->groups.items[i]);
		group_def_free(defs->groups.items[i]);
		defs->groups.items[i] = def;
		return 0;
	}
	r = vec_insert(&defs->groups, at, def);
	if (r < 0)
		vec_remove(&defs->in_order, def);
	return r;
}

int def_set_put_vfs(struct def_set *defs, struct vf_def *def)
{
	size_t at;
	ptrdiff_t i = vec_find_sorted(&defs->sriov, def->device, def_set_compare_vf, &at);

	if (i < 0)
		return vec_insert(&defs->sriov, at, def);
	def_set_vf_free(defs->sriov.items[i]);
	defs->sriov.items[i] = def;
	return 0;
}

int def_set_put_mdev(struct def_set *defs, struct mdev_def *def)
{
	size_t at;
	ptrdiff_t i = vec_find_sorted(&defs->mdevs, def->key, def_set_compare_mdev, &at);

	if (i < 0)
		return vec_insert(&defs->mdevs, at, def);
	mdev_def_free(defs->mdevs.items[i]);
	defs->mdevs.items[i] = def;
	return 0;
}

int def_set_put_quirk(struct def_set *defs, struct quirk *quirk)
{
	for (size_t i = 0; i < defs->quirks.n; i++) {
		struct quirk *earlier = defs->quirks.items[i];

		if (!str_eq(earlier->name, quirk->name))
			continue;
		quirk_free(earlier);
		defs->quirks.items[i] = quirk;
		return 0;
	}
	return vec_add(&defs->quirks, quirk);
}

int def_set_add_problem(struct def_set *defs, const char *file, unsigned line, unsigned column,
			bool warning, const char *format, ...)
{
	_cleanup_(def_set_problem_freep) struct problem *problem = calloc(1, sizeof(*problem));
	va_list ap;
	int r;

	if (!problem)
		return -ENOMEM;
	/* every problem has a place, so that programs that read them handle one form */
	problem->line = line ? line : 1;
	problem->column = column ? column : 1;
	problem->warning = warning;
	problem->file = strdup(file);
	va_start(ap, format);
	problem->text = str_vprintf(format, ap);
	va_end(ap);
	if (!problem->file || !problem->text)
		return -ENOMEM;
	utf8_clean(problem->file);
	utf8_clean(problem->text);
	r = vec_add(&defs->problems, problem);
	if (r < 0)
		return r;
	TAKE_PTR(problem);
	return 0;
}

/* --- a device in two groups --- */

/* The group that a place belongs to; kept in a tree of tsearch(). */
struct selector_owner {
	const struct selector *selector;
	const struct group_def *def;
};

/* Returns the place alone: only the host can answer whether the ids match, too. */
static const char *def_set_selector_place(const struct selector *selector)
{
	if (selector->address)
		return selector->address;
	return str_or(selector->path, selector->vf_of);
}

/* Returns 0 for an address, 1 for a path, 2 for a VF. A path of one step is an address. */
static int def_set_selector_place_kind(const struct selector *selector)
{
	if (selector->address || (selector->path && !strchr(selector->path, '/')))
		return 0;
	return selector->path ? 1 : 2;
}

static int def_set_compare_places(const void *a, const void *b)
{
	const struct selector *x = ((const struct selector_owner *)a)->selector;
	const struct selector *y = ((const struct selector_owner *)b)->selector;
	int order = def_set_selector_place_kind(x) - def_set_selector_place_kind(y);

	if (order == 0)
		order = strcmp(def_set_selector_place(x), def_set_selector_place(y));
	if (order == 0 && def_set_selector_place_kind(x) == 2)
		order = (x->index > y->index) - (x->index < y->index);
	return order;
}

/* The state of def_set_check_devices(). */
struct duplicate_check {
	struct def_set *defs;
	void *owners; /* tree of struct selector_owner, owned */
	unsigned reported;
};

static int def_set_report_taken(struct duplicate_check *check, const struct group_def *def,
				const struct selector *selector, const struct selector_owner *owner)
{
	_cleanup_free_ char *text = NULL;
	struct problem *last;
	int r;

	if (check->reported++ > MAX_REPORTED)
		return 0;
	if (check->reported > MAX_REPORTED)
		return def_set_add_problem(
			check->defs, def->file, selector->line, selector->column, false,
			"more than %d devices in two groups: the rest is not listed", MAX_REPORTED);
	text = group_def_selector_describe(selector);
	if (!text)
		return -ENOMEM;
	r = def_set_add_problem(check->defs, def->file, selector->line, selector->column, false,
				"%s is in the group \"%s\" already (%s:%u:%u); \"%s\" is left out",
				text, owner->def->name, owner->def->file, owner->selector->line,
				owner->selector->column, def->name);
	if (r < 0)
		return r;
	last = check->defs->problems.items[check->defs->problems.n - 1];
	return strv_add(&last->groups, def->name);
}

/* Returns 1, with problems, if other groups have devices of @def; 0 if not. */
static int def_set_find_taken(struct duplicate_check *check, const struct group_def *def)
{
	int taken = 0, r;

	VEC_FOREACH(const struct selector, selector, &def->selectors) {
		const struct selector_owner probe = { .selector = selector };
		struct selector_owner *const *owner;

		if (!def_set_selector_place(selector))
			continue;
		owner = tfind(&probe, &check->owners, def_set_compare_places);
		if (!owner)
			continue;
		taken = 1;
		r = def_set_report_taken(check, def, selector, *owner);
		if (r < 0)
			return r;
	}
	return taken;
}

static int def_set_report_twice(struct duplicate_check *check, const struct group_def *def,
				const struct selector *selector)
{
	if (check->reported++ >= MAX_REPORTED)
		return 0;
	return def_set_add_problem(check->defs, def->file, selector->line, selector->column, true,
				   "\"%s\" names this device twice", def->name);
}

static int def_set_add_owner(struct duplicate_check *check, const struct group_def *def,
			     const struct selector *selector)
{
	_cleanup_free_ struct selector_owner *owner = malloc(sizeof(*owner));
	struct selector_owner *const *kept;

	if (!owner)
		return -ENOMEM;
	*owner = (struct selector_owner){ .selector = selector, .def = def };
	kept = tsearch(owner, &check->owners, def_set_compare_places);
	if (!kept)
		return -ENOMEM;
	if (*kept != owner)
		return def_set_report_twice(check, def, selector);
	TAKE_PTR(owner);
	return 0;
}

static int def_set_check_group(struct duplicate_check *check, const struct group_def *def)
{
	int r = def_set_find_taken(check, def);

	if (r != 0)
		return r;
	VEC_FOREACH(const struct selector, selector, &def->selectors) {
		if (!def_set_selector_place(selector))
			continue;
		r = def_set_add_owner(check, def, selector);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Moves the groups that stay to the front, in their order. *ret_kept is their number. */
static int def_set_sort_kept(struct duplicate_check *check, size_t *ret_kept)
{
	struct vec *groups = &check->defs->in_order;
	size_t kept = 0;
	int r;

	for (size_t i = 0; i < groups->n; i++) {
		void *def = groups->items[i];

		r = def_set_check_group(check, def);
		if (r < 0)
			return r;
		if (r > 0)
			continue;
		groups->items[i] = groups->items[kept];
		groups->items[kept++] = def;
	}
	*ret_kept = kept;
	return 0;
}

static int def_set_compare_groups(const void *a, const void *b)
{
	return def_set_compare_name(((const struct group_def *)a)->name, b);
}

static void def_set_drop_rest(struct def_set *defs, size_t kept)
{
	struct vec *groups = &defs->groups, *in_order = &defs->in_order;

	if (kept == in_order->n)
		return;
	for (size_t i = kept; i < in_order->n; i++)
		group_def_free(in_order->items[i]);
	in_order->n = groups->n = kept;
	memcpy(groups->items, in_order->items, kept * sizeof(void *));
	vec_sort(groups, def_set_compare_groups);
}

int def_set_check_devices(struct def_set *defs)
{
	struct duplicate_check check = { .defs = defs };
	size_t kept;
	int r;

	r = def_set_sort_kept(&check, &kept);
	tdestroy(check.owners, free);
	if (r < 0)
		return r;
	def_set_drop_rest(defs, kept);
	VEC_FOREACH(struct group_def, def, &defs->in_order)
		def->order = (unsigned)def_i + 1;
	return 0;
}
