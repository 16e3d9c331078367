/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "daemon/host/isolation-watch.h"
#include "policy/isolation/isolation.h"

/* What was told of one device. */
struct published {
	char *key;
	int iommu_group;
	char *summary; /* "acs-missing 0000:07:00.0, multifunction 0000:08:00.1, " */
};

struct isolation_watch {
	struct vec published; /* struct told, owned; sorted by key */
	bool marked;
};

static void *published_free(void *data)
{
	struct published *published = data;

	if (!published)
		return NULL;
	free(published->key);
	free(published->summary);
	free(published);
	return NULL;
}

struct isolation_watch *isolation_watch_new(void)
{
	struct isolation_watch *causes = calloc(1, sizeof(*causes));

	if (causes)
		causes->marked = true;
	return causes;
}

struct isolation_watch *isolation_watch_free(struct isolation_watch *causes)
{
	if (!causes)
		return NULL;
	vec_clear(&causes->published, published_free);
	free(causes);
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

void isolation_watch_invalidate(struct isolation_watch *causes)
{
	causes->marked = true;
}

void isolation_watch_device_changed(struct isolation_watch *causes, const struct device *device)
{
	const struct published *published = published_find(&causes->published, device->key);

	if (!published || published->iommu_group != device->iommu_group)
		causes->marked = true;
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
	struct published *published = calloc(1, sizeof(*published));

	if (!published)
		return -ENOMEM;
	published->iommu_group = device->iommu_group;
	published->key = strdup(device->key);
	published->summary = isolation_watch_summarize(inv, device);
	if (!published->key || !published->summary || vec_add(to, published) < 0) {
		published_free(published);
		return -ENOMEM;
	}
	return 0;
}

int isolation_watch_refresh(struct isolation_watch *causes, const struct inventory *inv,
			    void (*changed)(const struct device *device, void *userdata),
			    void *userdata)
{
	struct vec current = { 0 }, before = causes->published;

	if (!causes->marked)
		return 0;
	VEC_FOREACH(const struct device, device, &inv->devices)
		if (published_add(&current, inv, device) < 0) {
			vec_clear(&current, published_free);
			return -ENOMEM;
		}
	vec_sort(&current, published_cmp);
	causes->published = current;
	causes->marked = false;
	VEC_FOREACH(const struct published, published, &current) {
		const struct published *old = published_find(&before, published->key);

		if (old && !str_eq(old->summary, published->summary))
			changed(inventory_find(inv, published->key), userdata);
	}
	vec_clear(&before, published_free);
	return 0;
}
