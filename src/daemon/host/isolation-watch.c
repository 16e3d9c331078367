/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Compares the isolation causes of all devices with those that were published. It publishes nothing
 * itself.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "daemon/host/isolation-watch.h"
#include "policy/isolation/isolation.h"

/* The causes of one device, as they were published. */
struct published {
	char *key;
	int iommu_group;
	char *summary;	   /* "acs-missing 0000:07:00.0, multifunction 0000:08:00.1, " */
	char *from_module; /* lines of the kernel module, joined; "" where there are none */
};

struct isolation_watch {
	struct vec published; /* struct published, owned; sorted by key */
	bool marked;	      /* the next refresh has to read the causes */
};

static struct published *published_free(struct published *published)
{
	if (!published)
		return NULL;
	free(published->key);
	free(published->summary);
	free(published->from_module);
	free(published);
	return NULL;
}
DEFINE_CLEANUP(struct published *, published_freep, published_free)

static DEFINE_VEC_CLEAR(published_clear, struct published, published_free)

struct isolation_watch *isolation_watch_new(void)
{
	struct isolation_watch *watch = calloc(1, sizeof(*watch));

	if (watch)
		watch->marked = true;
	return watch;
}

struct isolation_watch *isolation_watch_free(struct isolation_watch *watch)
{
	if (!watch)
		return NULL;
	published_clear(&watch->published);
	free(watch);
	return NULL;
}

static int published_cmp_key(const void *key, const void *published)
{
	return str_natural_cmp(key, ((const struct published *)published)->key);
}

static int published_cmp(const void *a, const void *b)
{
	return published_cmp_key(((const struct published *)a)->key, b);
}

static const struct published *published_find(const struct vec *published, const char *key)
{
	ptrdiff_t i = vec_find_sorted(published, key, published_cmp_key, NULL);

	return i < 0 ? NULL : published->items[i];
}

void isolation_watch_invalidate(struct isolation_watch *watch)
{
	watch->marked = true;
}

/* The caller frees it; NULL when out of memory. */
static char *isolation_watch_module_lines(const struct device *device)
{
	return device->isolation ? strv_join(device->isolation, "\n") : strdup("");
}

void isolation_watch_device_changed(struct isolation_watch *watch, const struct device *device)
{
	const struct published *published = published_find(&watch->published, device->key);
	_cleanup_free_ char *lines = isolation_watch_module_lines(device);

	if (!published || published->iommu_group != device->iommu_group ||
	    !str_eq(published->from_module, lines))
		watch->marked = true;
}

static char *isolation_watch_summarize(const struct inventory *inv, const struct device *device)
{
	_cleanup_isolation_ struct vec causes = { 0 };
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out;

	if (isolation_find(inv, device, &causes) < 0)
		return NULL;
	out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	VEC_FOREACH(const struct isolation_cause, cause, &causes)
		fprintf(out, "%s %s, ", isolation_code_to_string(cause->code), cause->peer);
	return fclose(out) == 0 ? TAKE_PTR(text) : NULL;
}

static int published_add(struct vec *to, const struct inventory *inv, const struct device *device)
{
	_cleanup_(published_freep) struct published *published = calloc(1, sizeof(*published));
	int r;

	if (!published)
		return -ENOMEM;
	published->iommu_group = device->iommu_group;
	published->key = strdup(device->key);
	published->summary = isolation_watch_summarize(inv, device);
	published->from_module = isolation_watch_module_lines(device);
	if (!published->key || !published->summary || !published->from_module)
		return -ENOMEM;
	r = vec_add(to, published);
	if (r < 0)
		return r;
	published = NULL;
	return 0;
}

static int published_list(const struct inventory *inv, struct vec *ret)
{
	_cleanup_(published_clear) struct vec current = { 0 };
	int r;

	VEC_FOREACH(const struct device, device, &inv->devices) {
		r = published_add(&current, inv, device);
		if (r < 0)
			return r;
	}
	vec_sort(&current, published_cmp);
	*ret = TAKE_STRUCT(current);
	return 0;
}

int isolation_watch_refresh(struct isolation_watch *watch, const struct inventory *inv,
			    void (*changed)(const struct device *device, void *userdata),
			    void *userdata)
{
	_cleanup_(published_clear) struct vec current = { 0 }, before = { 0 };
	int r;

	if (!watch->marked)
		return 0;
	r = published_list(inv, &current);
	if (r < 0)
		return r;
	before = watch->published;
	watch->published = TAKE_STRUCT(current);
	watch->marked = false;
	VEC_FOREACH(const struct published, published, &watch->published) {
		const struct published *old = published_find(&before, published->key);

		if (old && !str_eq(old->summary, published->summary))
			changed(inventory_find(inv, published->key), userdata);
	}
	return 0;
}
