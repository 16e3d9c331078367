/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <search.h>
#include <stdarg.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "model/config/def-set.h"
#include "model/json/jsontext.h"

/* As for a file: whoever has more of this wrong has something else wrong. */
#define MAX_REPORTED 100

static struct problem *def_set_problem_free(struct problem *problem)
{
	if (!problem)
		return NULL;
	free(problem->file);
	free(problem->text);
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

static void *def_set_destroy_group(void *data)
{
	return group_def_free(data);
}

static void *def_set_destroy_vfs(void *data)
{
	return def_set_vf_free(data);
}

static void *def_set_destroy_mdev(void *data)
{
	return mdev_def_free(data);
}

static void *def_set_destroy_quirk(void *data)
{
	return quirk_free(data);
}

static void *def_set_destroy_problem(void *data)
{
	return def_set_problem_free(data);
}

struct def_set *def_set_new(void)
{
	return calloc(1, sizeof(struct def_set));
}

struct def_set *def_set_free(struct def_set *config)
{
	if (!config)
		return NULL;
	vec_drop(&config->in_order);
	vec_clear(&config->groups, def_set_destroy_group);
	vec_clear(&config->sriov, def_set_destroy_vfs);
	vec_clear(&config->mdevs, def_set_destroy_mdev);
	vec_clear(&config->quirks, def_set_destroy_quirk);
	vec_clear(&config->problems, def_set_destroy_problem);
	free(config);
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

const struct group_def *def_set_find_group(const struct def_set *config, const char *name)
{
	ptrdiff_t i = vec_find_sorted(&config->groups, name, def_set_compare_name, NULL);

	return i < 0 ? NULL : config->groups.items[i];
}

const struct vf_def *def_set_find_vfs(const struct def_set *config, const char *device)
{
	ptrdiff_t i = vec_find_sorted(&config->sriov, device, def_set_compare_vf, NULL);

	return i < 0 ? NULL : config->sriov.items[i];
}

const struct mdev_def *def_set_find_mdev(const struct def_set *config, const char *key)
{
	ptrdiff_t i = vec_find_sorted(&config->mdevs, key, def_set_compare_mdev, NULL);

	return i < 0 ? NULL : config->mdevs.items[i];
}

bool def_set_has_errors(const struct def_set *config)
{
	VEC_FOREACH(const struct problem, problem, &config->problems)
		if (!problem->warning)
			return true;
	return false;
}

/* --- filling --- */

int def_set_put_group(struct def_set *config, struct group_def *def)
{
	size_t at;
	ptrdiff_t i = vec_find_sorted(&config->groups, def->name, def_set_compare_name, &at);
	int r;

	r = vec_add(&config->in_order, def);
	if (r < 0)
		return r;
	if (i >= 0) {
		vec_remove(&config->in_order, config->groups.items[i]);
		group_def_free(config->groups.items[i]);
		config->groups.items[i] = def;
		return 0;
	}
	r = vec_insert(&config->groups, at, def);
	if (r < 0)
		vec_remove(&config->in_order, def);
	return r;
}

int def_set_put_vfs(struct def_set *config, struct vf_def *def)
{
	size_t at;
	ptrdiff_t i = vec_find_sorted(&config->sriov, def->device, def_set_compare_vf, &at);

	if (i < 0)
		return vec_insert(&config->sriov, at, def);
	def_set_vf_free(config->sriov.items[i]);
	config->sriov.items[i] = def;
	return 0;
}

int def_set_put_mdev(struct def_set *config, struct mdev_def *def)
{
	size_t at;
	ptrdiff_t i = vec_find_sorted(&config->mdevs, def->key, def_set_compare_mdev, &at);

	if (i < 0)
		return vec_insert(&config->mdevs, at, def);
	mdev_def_free(config->mdevs.items[i]);
	config->mdevs.items[i] = def;
	return 0;
}

int def_set_put_quirk(struct def_set *config, struct quirk *quirk)
{
	for (size_t i = 0; i < config->quirks.n; i++) {
		struct quirk *earlier = config->quirks.items[i];

		if (!str_eq(earlier->name, quirk->name))
			continue;
		quirk_free(earlier);
		config->quirks.items[i] = quirk;
		return 0;
	}
	return vec_add(&config->quirks, quirk);
}

int def_set_add_problem(struct def_set *config, const char *file, unsigned line, unsigned column,
			bool warning, const char *format, ...)
{
	_cleanup_(def_set_problem_freep) struct problem *problem = calloc(1, sizeof(*problem));
	va_list ap;
	int n;

	if (!problem)
		return -ENOMEM;
	/* one place for each, so that whoever reads them needs to know one form */
	problem->line = line ? line : 1;
	problem->column = column ? column : 1;
	problem->warning = warning;
	problem->file = strdup(file);
	va_start(ap, format);
	n = vasprintf(&problem->text, format, ap);
	va_end(ap);
	if (n < 0)
		problem->text = NULL;
	if (!problem->file || !problem->text)
		return -ENOMEM;
	utf8_clean(problem->file);
	utf8_clean(problem->text);
	if (vec_add(&config->problems, problem) < 0)
		return -ENOMEM;
	TAKE_PTR(problem);
	return 0;
}

/* --- a device in two groups --- */

/* Who has a place; kept in a tree of tsearch(). */
struct selector_owner {
	const struct selector *selector;
	const struct group_def *def;
};

/* The place alone: whether the ids hold as well is a question to the host. */
static const char *def_set_selector_place(const struct selector *selector)
{
	if (selector->address)
		return selector->address;
	return selector->path ? selector->path : selector->vf_of;
}

/* A path of one step is an address on a root bus. */
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

/* What def_set_check_devices() carries along. */
struct duplicate_check {
	struct def_set *config;
	void *owners; /* struct owner, owned */
	unsigned reported;
};

static int def_set_report_taken(struct duplicate_check *check, const struct group_def *def,
				const struct selector *selector, const struct selector_owner *owner)
{
	_cleanup_free_ char *text = NULL;

	if (check->reported++ > MAX_REPORTED)
		return 0;
	if (check->reported > MAX_REPORTED)
		return def_set_add_problem(
			check->config, def->file, selector->line, selector->column, false,
			"more than %d devices in two groups: the rest is not listed", MAX_REPORTED);
	text = group_def_selector_describe(selector);
	if (!text)
		return -ENOMEM;
	return def_set_add_problem(
		check->config, def->file, selector->line, selector->column, false,
		"%s is in the group \"%s\" already (%s:%u:%u); \"%s\" is left out", text,
		owner->def->name, owner->def->file, owner->selector->line, owner->selector->column,
		def->name);
}

/* 1: some of its devices are another group's, and that is reported; 0: none is. */
static int def_set_find_taken(struct duplicate_check *check, const struct group_def *def)
{
	int taken = 0, r;

	VEC_FOREACH(const struct selector, selector, &def->selectors) {
		const struct selector_owner probe = { .selector = selector };
		struct selector_owner *const *found;

		found = def_set_selector_place(selector) ?
				tfind(&probe, &check->owners, def_set_compare_places) :
				NULL;
		if (!found)
			continue;
		taken = 1;
		r = def_set_report_taken(check, def, selector, *found);
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
	return def_set_add_problem(check->config, def->file, selector->line, selector->column, true,
				   "\"%s\" names this device twice", def->name);
}

static int def_set_add_owner(struct duplicate_check *check, const struct group_def *def,
			     const struct selector *selector)
{
	struct selector_owner *owner = malloc(sizeof(*owner)), *const * found;

	if (!owner)
		return -ENOMEM;
	*owner = (struct selector_owner){ .selector = selector, .def = def };
	found = tsearch(owner, &check->owners, def_set_compare_places);
	if (found && *found == owner)
		return 0;
	free(owner);
	return found ? def_set_report_twice(check, def, selector) : -ENOMEM;
}

static int def_set_check_group(struct duplicate_check *check, const struct group_def *def)
{
	int r = def_set_find_taken(check, def);

	if (r != 0)
		return r;
	VEC_FOREACH(const struct selector, selector, &def->selectors) {
		r = def_set_selector_place(selector) ? def_set_add_owner(check, def, selector) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* Puts those that stay first, in their order, and says how many they are. */
static int def_set_sort_kept(struct duplicate_check *check, size_t *ret_kept)
{
	struct vec *groups = &check->config->in_order;
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

static void def_set_drop_rest(struct def_set *config, size_t kept)
{
	struct vec *groups = &config->groups, *in_order = &config->in_order;

	if (kept == in_order->n)
		return;
	for (size_t i = kept; i < in_order->n; i++)
		group_def_free(in_order->items[i]);
	in_order->n = groups->n = kept;
	memcpy(groups->items, in_order->items, kept * sizeof(void *));
	vec_sort(groups, def_set_compare_groups);
}

int def_set_check_devices(struct def_set *config)
{
	struct duplicate_check check = { .config = config };
	size_t kept;
	int r;

	r = def_set_sort_kept(&check, &kept);
	if (r >= 0)
		def_set_drop_rest(config, kept);
	VEC_FOREACH(struct group_def, def, &config->in_order)
		def->order = (unsigned)def_i + 1;
	tdestroy(check.owners, free);
	return r;
}
