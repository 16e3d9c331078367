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

static struct usage_entry *usage_entry_free(struct usage_entry *entry)
{
	if (!entry)
		return NULL;
	free(entry->key);
	usage_free(entry->usage);
	free(entry);
	return NULL;
}

static DEFINE_VEC_CLEAR(usage_entries_clear, struct usage_entry, usage_entry_free)

void usage_set_clear(struct usage_set *set)
{
	usage_entries_clear(&set->entries);
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

static int usage_set_append(struct vec *list, const struct vec *sorted, const char *key)
{
	ptrdiff_t at = vec_find_sorted(sorted, key, usage_entry_cmp_key, NULL);

	if (at < 0)
		return 0;
	while (at > 0 && usage_entry_cmp_key(key, sorted->items[at - 1]) == 0)
		at--;
	for (size_t i = (size_t)at; i < sorted->n; i++) {
		const struct usage_entry *entry = sorted->items[i];
		int r;

		if (!str_eq(key, entry->key))
			break;
		r = usage_list_add(list, entry->usage);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Collects what other sources reported of a device, and what @sorted has of it. */
static int usage_set_collect(const struct device *device, unsigned sources,
			     const struct vec *sorted, struct vec *ret)
{
	int r;

	VEC_FOREACH(const struct usage, usage, &device->usages) {
		if (usage->source & sources)
			continue;
		r = usage_list_add(ret, usage);
		if (r < 0)
			return r;
	}
	r = usage_set_append(ret, sorted, device->key);
	if (r < 0)
		return r;
	usage_list_sort(ret);
	return 0;
}

int usage_set_apply(const struct usage_set *set, struct inventory *inv, unsigned sources,
		    const struct vec *only, bool *ret_changed)
{
	static const struct vec nothing;
	_cleanup_vec_ struct vec sorted = { 0 };
	bool changed = false;
	int r;

	VEC_FOREACH(struct usage_entry, entry, &set->entries) {
		r = vec_add(&sorted, entry);
		if (r < 0)
			return r;
	}
	vec_sort(&sorted, usage_entry_cmp);
	VEC_FOREACH(struct device, device, &inv->devices) {
		_cleanup_usage_list_ struct vec current = { 0 };
		bool counts = !only || vec_find_sorted(only, device, vec_cmp_pointer, NULL) >= 0;
		struct vec previous = device->usages;

		r = usage_set_collect(device, sources, counts ? &sorted : &nothing, &current);
		if (r < 0)
			return r;
		if (usage_list_equal(&current, &previous))
			continue;
		device->usages = current;
		current = previous;
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

/*
 * Finds the device that @name names. A name with the form of an address is a device, even if the
 * inventory does not have it yet.
 */
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

/* Takes the deepest device. "pci0000:00" is the root of the tree, and no function. */
int usage_set_owner_of_devpath(const struct usage_set *set, const char *devpath, char **ret)
{
	_cleanup_strv_ char **parts = NULL;
	int r;

	*ret = NULL;
	r = strv_split(devpath, "/", &parts);
	if (r < 0)
		return r;
	for (size_t i = strv_length(parts); i-- > 0;) {
		r = usage_set_owner_by_name(set, parts[i], ret);
		if (r < 0 || *ret)
			return r;
	}
	return 0;
}

int usage_set_owner(const struct usage_set *set, const char *link, char **ret)
{
	_cleanup_free_ char *devpath = NULL;
	int r;

	*ret = NULL;
	r = usage_set_devpath(set, link, &devpath);
	if (r < 0 || !devpath)
		return r;
	return usage_set_owner_of_devpath(set, devpath, ret);
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

int usage_set_each_line(struct usage_set *set, const char *path, usage_set_line_fn fn)
{
	_cleanup_fclose_ FILE *file = usage_set_open_file(set, path);
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0) {
		int r = fn(set, line);

		if (r < 0)
			return r;
	}
	return 0;
}

int usage_set_read_value(const struct usage_set *set, char **ret, const char *format, ...)
{
	_cleanup_free_ char *path = NULL;
	va_list ap;

	va_start(ap, format);
	path = str_vprintf(format, ap);
	va_end(ap);
	if (!path)
		return -ENOMEM;
	return sysfs_read_optional(set->root->fd, path, ret);
}
