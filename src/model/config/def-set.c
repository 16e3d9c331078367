/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <search.h>
#include <stdarg.h>
#include <string.h>

#include "base/str.h"
#include "model/config/def-set.h"
#include "model/json/jsontext.h"

/* As for a file: whoever has more of this wrong has something else wrong. */
#define MAX_REPORTED 100

static struct problem *problem_free(struct problem *problem)
{
	if (!problem)
		return NULL;
	free(problem->file);
	free(problem->text);
	free(problem);
	return NULL;
}

DEFINE_CLEANUP(struct problem *, problem_freep, problem_free)

struct vfdef *vfdef_new(const char *device)
{
	_cleanup_vfdef_ struct vfdef *def = calloc(1, sizeof(*def));

	if (!def)
		return NULL;
	def->autoprobe = true;
	def->device = strdup(device);
	return def->device ? TAKE_PTR(def) : NULL;
}

struct vfdef *vfdef_free(struct vfdef *def)
{
	if (!def)
		return NULL;
	free(def->device);
	free(def->file);
	free(def);
	return NULL;
}

static void *destroy_group(void *data)
{
	return groupdef_free(data);
}

static void *destroy_vfs(void *data)
{
	return vfdef_free(data);
}

static void *destroy_mdev(void *data)
{
	return mdevdef_free(data);
}

static void *destroy_quirk(void *data)
{
	return quirk_free(data);
}

static void *destroy_problem(void *data)
{
	return problem_free(data);
}

struct config *config_new(void)
{
	return calloc(1, sizeof(struct config));
}

struct config *config_free(struct config *config)
{
	if (!config)
		return NULL;
	vec_drop(&config->in_order);
	vec_clear(&config->groups, destroy_group);
	vec_clear(&config->vfs, destroy_vfs);
	vec_clear(&config->mdevs, destroy_mdev);
	vec_clear(&config->quirks, destroy_quirk);
	vec_clear(&config->problems, destroy_problem);
	free(config);
	return NULL;
}

/* --- looking up ------------------------------------------------------------------------------- */

static int compare_name(const void *name, const void *def)
{
	return strcmp(name, ((const struct groupdef *)def)->name);
}

static int compare_device(const void *device, const void *def)
{
	return strcmp(device, ((const struct vfdef *)def)->device);
}

static int compare_key(const void *key, const void *def)
{
	return strcmp(key, ((const struct mdevdef *)def)->key);
}

const struct groupdef *config_find(const struct config *config, const char *name)
{
	ptrdiff_t i = vec_find_sorted(&config->groups, name, compare_name, NULL);

	return i < 0 ? NULL : config->groups.items[i];
}

const struct vfdef *config_find_vfs(const struct config *config, const char *device)
{
	ptrdiff_t i = vec_find_sorted(&config->vfs, device, compare_device, NULL);

	return i < 0 ? NULL : config->vfs.items[i];
}

const struct mdevdef *config_find_mdev(const struct config *config, const char *key)
{
	ptrdiff_t i = vec_find_sorted(&config->mdevs, key, compare_key, NULL);

	return i < 0 ? NULL : config->mdevs.items[i];
}

bool config_has_errors(const struct config *config)
{
	VEC_FOREACH(const struct problem, problem, &config->problems)
		if (!problem->warning)
			return true;
	return false;
}

/* --- filling ---------------------------------------------------------------------------------- */

int config_put_group(struct config *config, struct groupdef *def)
{
	size_t at;
	ptrdiff_t i = vec_find_sorted(&config->groups, def->name, compare_name, &at);
	int r;

	r = vec_add(&config->in_order, def);
	if (r < 0)
		return r;
	if (i >= 0) {
		vec_remove(&config->in_order, config->groups.items[i]);
		groupdef_free(config->groups.items[i]);
		config->groups.items[i] = def;
		return 0;
	}
	r = vec_insert(&config->groups, at, def);
	if (r < 0)
		vec_remove(&config->in_order, def);
	return r;
}

int config_put_vfs(struct config *config, struct vfdef *def)
{
	size_t at;
	ptrdiff_t i = vec_find_sorted(&config->vfs, def->device, compare_device, &at);

	if (i < 0)
		return vec_insert(&config->vfs, at, def);
	vfdef_free(config->vfs.items[i]);
	config->vfs.items[i] = def;
	return 0;
}

int config_put_mdev(struct config *config, struct mdevdef *def)
{
	size_t at;
	ptrdiff_t i = vec_find_sorted(&config->mdevs, def->key, compare_key, &at);

	if (i < 0)
		return vec_insert(&config->mdevs, at, def);
	mdevdef_free(config->mdevs.items[i]);
	config->mdevs.items[i] = def;
	return 0;
}

int config_put_quirk(struct config *config, struct quirk *quirk)
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

int config_add_problem(struct config *config, const char *file, unsigned line, unsigned column,
		       bool warning, const char *format, ...)
{
	_cleanup_(problem_freep) struct problem *problem = calloc(1, sizeof(*problem));
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
	jsontext_clean(problem->file);
	jsontext_clean(problem->text);
	if (vec_add(&config->problems, problem) < 0)
		return -ENOMEM;
	TAKE_PTR(problem);
	return 0;
}

/* --- a device in two groups ------------------------------------------------------------------- */

/* Who has a place; kept in a tree of tsearch(). */
struct owner {
	const struct selector *selector;
	const struct groupdef *def;
};

/* The place alone: whether the ids hold as well is a question to the host. */
static const char *place_of(const struct selector *selector)
{
	if (selector->address)
		return selector->address;
	return selector->path ? selector->path : selector->vf_of;
}

/* A path of one step is an address on a root bus. */
static int place_kind(const struct selector *selector)
{
	if (selector->address || (selector->path && !strchr(selector->path, '/')))
		return 0;
	return selector->path ? 1 : 2;
}

static int compare_places(const void *a, const void *b)
{
	const struct selector *x = ((const struct owner *)a)->selector;
	const struct selector *y = ((const struct owner *)b)->selector;
	int order = place_kind(x) - place_kind(y);

	if (order == 0)
		order = strcmp(place_of(x), place_of(y));
	if (order == 0 && place_kind(x) == 2)
		order = (x->index > y->index) - (x->index < y->index);
	return order;
}

/* What config_check_devices() carries along. */
struct check {
	struct config *config;
	void *owners; /* struct owner, owned */
	unsigned reported;
};

static int report_taken(struct check *check, const struct groupdef *def,
			const struct selector *selector, const struct owner *owner)
{
	_cleanup_free_ char *text = NULL;

	if (check->reported++ > MAX_REPORTED)
		return 0;
	if (check->reported > MAX_REPORTED)
		return config_add_problem(
			check->config, def->file, selector->line, selector->column, false,
			"more than %d devices in two groups: the rest is not listed", MAX_REPORTED);
	text = selector_describe(selector);
	if (!text)
		return -ENOMEM;
	return config_add_problem(
		check->config, def->file, selector->line, selector->column, false,
		"%s is in the group \"%s\" already (%s:%u:%u); \"%s\" is left out", text,
		owner->def->name, owner->def->file, owner->selector->line, owner->selector->column,
		def->name);
}

/* 1: some of its devices are another group's, and that is reported; 0: none is. */
static int find_taken(struct check *check, const struct groupdef *def)
{
	int taken = 0, r;

	VEC_FOREACH(const struct selector, selector, &def->selectors) {
		const struct owner probe = { .selector = selector };
		struct owner *const *found;

		found = place_of(selector) ? tfind(&probe, &check->owners, compare_places) : NULL;
		if (!found)
			continue;
		taken = 1;
		r = report_taken(check, def, selector, *found);
		if (r < 0)
			return r;
	}
	return taken;
}

static int report_twice(struct check *check, const struct groupdef *def,
			const struct selector *selector)
{
	if (check->reported++ >= MAX_REPORTED)
		return 0;
	return config_add_problem(check->config, def->file, selector->line, selector->column, true,
				  "\"%s\" names this device twice", def->name);
}

static int take_place(struct check *check, const struct groupdef *def,
		      const struct selector *selector)
{
	struct owner *owner = malloc(sizeof(*owner)), *const * found;

	if (!owner)
		return -ENOMEM;
	*owner = (struct owner){ .selector = selector, .def = def };
	found = tsearch(owner, &check->owners, compare_places);
	if (found && *found == owner)
		return 0;
	free(owner);
	return found ? report_twice(check, def, selector) : -ENOMEM;
}

static int check_group(struct check *check, const struct groupdef *def)
{
	int r = find_taken(check, def);

	if (r != 0)
		return r;
	VEC_FOREACH(const struct selector, selector, &def->selectors) {
		r = place_of(selector) ? take_place(check, def, selector) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* Puts those that stay first, in their order, and says how many they are. */
static int sort_out(struct check *check, size_t *ret_kept)
{
	struct vec *groups = &check->config->in_order;
	size_t kept = 0;
	int r;

	for (size_t i = 0; i < groups->n; i++) {
		void *def = groups->items[i];

		r = check_group(check, def);
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

static int compare_groups(const void *a, const void *b)
{
	return compare_name(((const struct groupdef *)a)->name, b);
}

static void drop_behind(struct config *config, size_t kept)
{
	struct vec *groups = &config->groups, *in_order = &config->in_order;

	if (kept == in_order->n)
		return;
	for (size_t i = kept; i < in_order->n; i++)
		groupdef_free(in_order->items[i]);
	in_order->n = groups->n = kept;
	memcpy(groups->items, in_order->items, kept * sizeof(void *));
	vec_sort(groups, compare_groups);
}

int config_check_devices(struct config *config)
{
	struct check check = { .config = config };
	size_t kept;
	int r;

	r = sort_out(&check, &kept);
	if (r >= 0)
		drop_behind(config, kept);
	VEC_FOREACH(struct groupdef, def, &config->in_order)
		def->order = (unsigned)def_i + 1;
	tdestroy(check.owners, free);
	return r;
}
