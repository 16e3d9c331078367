/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "daemon/host/isolation-watch.h"
#include "policy/isolation/isolation.h"

/* What was told of one device. */
struct told {
	char *key;
	int iommu_group;
	char *summary; /* "acs-missing 0000:07:00.0, multifunction 0000:08:00.1, " */
};

struct causes {
	struct vec told; /* struct told, owned; sorted by key */
	bool marked;
};

static void *told_free(void *data)
{
	struct told *told = data;

	if (!told)
		return NULL;
	free(told->key);
	free(told->summary);
	free(told);
	return NULL;
}

struct causes *causes_new(void)
{
	struct causes *causes = calloc(1, sizeof(*causes));

	if (causes)
		causes->marked = true;
	return causes;
}

struct causes *causes_free(struct causes *causes)
{
	if (!causes)
		return NULL;
	vec_clear(&causes->told, told_free);
	free(causes);
	return NULL;
}

static int cmp_key(const void *key, const void *told)
{
	return str_natural_cmp(key, ((const struct told *)told)->key);
}

static int cmp_told(const void *a, const void *b)
{
	return cmp_key(((const struct told *)a)->key, b);
}

static const struct told *find(const struct vec *told, const char *key)
{
	ptrdiff_t i = vec_find_sorted(told, key, cmp_key, NULL);

	return i < 0 ? NULL : told->items[i];
}

void causes_mark(struct causes *causes)
{
	causes->marked = true;
}

void causes_mark_if_moved(struct causes *causes, const struct device *device)
{
	const struct told *told = find(&causes->told, device->key);

	if (!told || told->iommu_group != device->iommu_group)
		causes->marked = true;
}

static char *summarize(const struct inventory *inv, const struct device *device)
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

static int add(struct vec *to, const struct inventory *inv, const struct device *device)
{
	struct told *told = calloc(1, sizeof(*told));

	if (!told)
		return -ENOMEM;
	told->iommu_group = device->iommu_group;
	told->key = strdup(device->key);
	told->summary = summarize(inv, device);
	if (!told->key || !told->summary || vec_add(to, told) < 0) {
		told_free(told);
		return -ENOMEM;
	}
	return 0;
}

int causes_refresh(struct causes *causes, const struct inventory *inv,
		   void (*changed)(const struct device *device, void *userdata), void *userdata)
{
	struct vec now = { 0 }, before = causes->told;

	if (!causes->marked)
		return 0;
	VEC_FOREACH(const struct device, device, &inv->devices)
		if (add(&now, inv, device) < 0) {
			vec_clear(&now, told_free);
			return -ENOMEM;
		}
	vec_sort(&now, cmp_told);
	causes->told = now;
	causes->marked = false;
	VEC_FOREACH(const struct told, told, &now) {
		const struct told *old = find(&before, told->key);

		if (old && !str_eq(old->summary, told->summary))
			changed(inventory_find(inv, told->key), userdata);
	}
	vec_clear(&before, told_free);
	return 0;
}
