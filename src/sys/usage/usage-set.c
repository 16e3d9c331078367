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

/*
 * The uses of one kind of a device that are kept. Users can make any number of some kinds, and this
 * many tell enough.
 */
#define MOST_OF_KIND 16

struct usage_entry {
	char *key;
	struct vec usages; /* struct usage, owned */
};

/* --- the book --- */

static struct usage_entry *usage_entry_free(struct usage_entry *entry)
{
	usage_list_clear(&entry->usages);
	free(entry->key);
	free(entry);
	return NULL;
}

static DEFINE_VEC_CLEAR(usage_entries_clear, struct usage_entry, usage_entry_free)

void usage_set_clear(struct usage_set *set)
{
	usage_entries_clear(&set->entries);
	vec_drop(&set->gaps);
}

static int usage_entry_cmp_key(const void *key, const void *entry)
{
	return strcmp(key, ((const struct usage_entry *)entry)->key);
}

static struct usage_entry *usage_set_find(const struct usage_set *set, const char *key)
{
	ptrdiff_t i = vec_find_sorted(&set->entries, key, usage_entry_cmp_key, NULL);

	return i < 0 ? NULL : set->entries.items[i];
}

/* Returns the entry of @key, a new one if there is none. NULL when out of memory. */
static struct usage_entry *usage_set_get(struct usage_set *set, const char *key)
{
	struct usage_entry *entry = usage_set_find(set, key);
	size_t at = 0;

	if (entry)
		return entry;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->key = strdup(key);
	vec_find_sorted(&set->entries, key, usage_entry_cmp_key, &at);
	if (!entry->key || vec_insert(&set->entries, at, entry) < 0)
		return usage_entry_free(entry);
	return entry;
}

/*
 * Tells whether @usage is needed. Sets *ret_last to the last of its kind in the order of
 * usage_compare() if that has to make room: which ones are kept does not depend on their order.
 */
static bool usage_entry_has_room(const struct usage_entry *entry, const struct usage *usage,
				 struct usage **ret_last)
{
	unsigned n = 0;

	*ret_last = NULL;
	VEC_FOREACH(struct usage, other, &entry->usages) {
		int order = usage_compare(usage, other);

		if (order == 0 && usage->source == other->source)
			return false;
		if (!str_eq(usage->kind, other->kind) || usage->source != other->source)
			continue;
		n++;
		if (!*ret_last || usage_compare(other, *ret_last) > 0)
			*ret_last = other;
	}
	if (n < MOST_OF_KIND)
		*ret_last = NULL;
	return !*ret_last || usage_compare(usage, *ret_last) < 0;
}

int usage_set_add(struct usage_set *set, const char *key, const struct usage *usage)
{
	struct usage_entry *entry = usage_set_get(set, key);
	struct usage *last;

	if (!entry)
		return -ENOMEM;
	if (!usage_entry_has_room(entry, usage, &last))
		return 0;
	if (last) {
		vec_remove(&entry->usages, last);
		usage_free(last);
	}
	return usage_list_add(&entry->usages, usage);
}

bool usage_set_has(const struct usage_set *set, const char *key, const char *kind)
{
	const struct usage_entry *entry = usage_set_find(set, key);

	if (!entry)
		return false;
	VEC_FOREACH(const struct usage, usage, &entry->usages)
		if (str_eq(usage->kind, kind))
			return true;
	return false;
}

int usage_set_each(const struct usage_set *set, usage_set_each_fn fn, void *userdata)
{
	VEC_FOREACH(const struct usage_entry, entry, &set->entries)
		VEC_FOREACH(const struct usage, usage, &entry->usages) {
			int r = fn(entry->key, usage, userdata);

			if (r < 0)
				return r;
		}
	return 0;
}

static int usage_set_append(struct vec *list, const struct usage_set *set, const char *key,
			    unsigned sources)
{
	const struct usage_entry *entry = usage_set_find(set, key);

	if (!entry)
		return 0;
	VEC_FOREACH(const struct usage, usage, &entry->usages) {
		int r = usage->source & sources ? usage_list_add(list, usage) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

/* Collects what other sources reported of a device, and what @set, if given, has of @sources. */
static int usage_set_collect(const struct device *device, unsigned sources,
			     const struct usage_set *set, struct vec *ret)
{
	int r;

	VEC_FOREACH(const struct usage, usage, &device->usages) {
		if (usage->source & sources)
			continue;
		r = usage_list_add(ret, usage);
		if (r < 0)
			return r;
	}
	r = set ? usage_set_append(ret, set, device->key, sources) : 0;
	if (r < 0)
		return r;
	usage_list_sort(ret);
	return 0;
}

int usage_set_apply(const struct usage_set *set, struct inventory *inv, unsigned sources,
		    const struct vec *only, bool *ret_changed)
{
	bool changed = false;

	VEC_FOREACH(struct device, device, &inv->devices) {
		_cleanup_usage_list_ struct vec current = { 0 };
		bool counts = !only || vec_find_sorted(only, device, vec_cmp_pointer, NULL) >= 0;
		struct vec previous = device->usages;
		int r = usage_set_collect(device, sources, counts ? set : NULL, &current);

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

FILE *usage_set_open_file_at(int dir_fd, const char *path)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "re");

	if (!file)
		fd_close(fd);
	return file;
}

FILE *usage_set_open_file(const struct usage_set *set, const char *path)
{
	return usage_set_open_file_at(set->root->fd, path);
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
