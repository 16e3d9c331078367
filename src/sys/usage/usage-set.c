/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "base/dir.h"
#include "base/str.h"
#include "base/strv.h"
#include "sys/usage/usage-set.h"

struct usage_entry {
	char *key;
	struct usage *usage;
};

/* --- the book --- */

static void *usage_entry_free(void *data)
{
	struct usage_entry *entry = data;

	if (!entry)
		return NULL;
	free(entry->key);
	usage_free(entry->usage);
	free(entry);
	return NULL;
}

void usage_set_clear(struct usage_set *set)
{
	vec_clear(&set->entries, usage_entry_free);
}

int usage_set_add(struct usage_set *set, const char *key, const struct usage *usage)
{
	struct usage_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	entry->key = strdup(key);
	entry->usage = usage_copy(usage);
	if (!entry->key || !entry->usage || vec_add(&set->entries, entry) < 0) {
		usage_entry_free(entry);
		return -ENOMEM;
	}
	return 0;
}

static int usage_entry_cmp(const void *a, const void *b)
{
	return strcmp(((const struct usage_entry *)a)->key, ((const struct usage_entry *)b)->key);
}

static int usage_entry_cmp_key(const void *key, const void *entry)
{
	return strcmp(key, ((const struct usage_entry *)entry)->key);
}

bool usage_set_has(const struct usage_set *set, const char *key, const char *kind)
{
	VEC_FOREACH(const struct usage_entry, entry, &set->entries)
		if (str_eq(entry->key, key) && str_eq(entry->usage->kind, kind))
			return true;
	return false;
}

/* What other sources told of it, and what @sorted has of it. */
static int usage_set_collect(const struct device *device, unsigned sources,
			     const struct vec *sorted, struct vec *ret)
{
	ptrdiff_t at = vec_find_sorted(sorted, device->key, usage_entry_cmp_key, NULL);

	VEC_FOREACH(const struct usage, usage, &device->uses)
		if (!(usage->source & sources) && usage_list_add(ret, usage) < 0)
			return -ENOMEM;
	if (at < 0)
		return 0;
	while (at > 0 && usage_entry_cmp_key(device->key, sorted->items[at - 1]) == 0)
		at--;
	for (size_t i = (size_t)at;
	     i < sorted->n && usage_entry_cmp_key(device->key, sorted->items[i]) == 0; i++) {
		const struct usage_entry *entry = sorted->items[i];

		if (usage_list_add(ret, entry->usage) < 0)
			return -ENOMEM;
	}
	usage_list_sort(ret);
	return 0;
}

int usage_set_apply(const struct usage_set *set, struct inventory *inv, unsigned sources,
		    const struct vec *only, bool *ret_changed)
{
	static const struct vec nothing;
	_cleanup_vec_ struct vec sorted = { 0 };
	bool changed = false;

	VEC_FOREACH(struct usage_entry, entry, &set->entries)
		if (vec_add(&sorted, entry) < 0)
			return -ENOMEM;
	vec_sort(&sorted, usage_entry_cmp);
	VEC_FOREACH(struct device, device, &inv->devices) {
		_cleanup_usage_list_ struct vec now = { 0 };
		bool counts = !only || vec_find_sorted(only, device, vec_cmp_pointer, NULL) >= 0;
		struct vec before = device->uses;

		if (usage_set_collect(device, sources, counts ? &sorted : &nothing, &now) < 0)
			return -ENOMEM;
		if (usage_list_equal(&now, &before))
			continue;
		device->uses = now;
		now = before;
		changed = true;
	}
	if (ret_changed)
		*ret_changed = changed;
	return 0;
}

/* --- where things are --- */

int usage_set_devpath(const struct usage_set *set, const char *link, char **ret)
{
	char target[PATH_MAX], *place;
	ssize_t n = readlinkat(set->root->fd, link, target, sizeof(target) - 1);

	*ret = NULL;
	if (n < 0)
		return 0;
	target[n] = '\0';
	place = strstr(target, "devices/");
	return str_set(ret, place ? place : target);
}

/* What @name is a device of. Where it is an address by its form it is one, even if the inventory
 * does not have it yet. */
static int usage_set_owner_by_name(const struct usage_set *set, const char *name, char **ret)
{
	DEVICE_BUS_FOREACH(bus) {
		_cleanup_free_ char *address = NULL, *key = NULL;
		int r = bus->normalize ? bus->normalize(name, &address) : 0;

		if (bus->binding != DEVICE_BUS_DRIVER_OVERRIDE || r == -EINVAL)
			continue;
		key = r < 0 ? NULL : device_bus_key_new(bus->name, address ? address : name);
		if (!key)
			return -ENOMEM;
		if (address || inventory_find(set->inv, key)) {
			*ret = TAKE_PTR(key);
			return 0;
		}
	}
	return 0;
}

/* "pci0000:00" is the root, no function; the deepest one is the owner. */
int usage_set_owner_of_devpath(const struct usage_set *set, const char *place, char **ret)
{
	_cleanup_strv_ char **parts = NULL;
	int r = strv_split(place, "/", &parts);

	*ret = NULL;
	if (r < 0)
		return r;
	for (size_t i = strv_length(parts); r >= 0 && !*ret && i-- > 0;)
		r = usage_set_owner_by_name(set, parts[i], ret);
	return r;
}

int usage_set_owner(const struct usage_set *set, const char *link, char **ret)
{
	_cleanup_free_ char *place = NULL;
	int r = usage_set_devpath(set, link, &place);

	*ret = NULL;
	return r < 0 || !place ? r : usage_set_owner_of_devpath(set, place, ret);
}

int usage_set_list_dir(const struct usage_set *set, const char *path, char ***ret)
{
	_cleanup_closedir_ DIR *dir = NULL;

	if (sysfs_root_list(set->root, path, &dir) < 0)
		return 0;
	DIR_FOREACH(name, dir) {
		int r = strv_add(ret, name);

		if (r < 0)
			return r;
	}
	return 0;
}

FILE *usage_set_open_file(const struct usage_set *set, const char *path)
{
	int fd = openat(set->root->fd, path, O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "re");

	if (!file)
		fd_close(fd);
	return file;
}

int usage_set_read_value(const struct usage_set *set, char **ret, const char *format, ...)
{
	_cleanup_free_ char *path = NULL;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&path, format, ap);
	va_end(ap);
	if (n < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return sysfs_read_optional(set->root->fd, path, ret);
}
