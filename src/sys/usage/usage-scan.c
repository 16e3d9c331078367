/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "base/str.h"
#include "sys/usage/usage-scan.h"

struct use_entry {
	char *key;
	struct use *use;
};

/* --- the book ---------------------------------------------------------------------------------- */

static void *entry_free(void *data)
{
	struct use_entry *entry = data;

	if (!entry)
		return NULL;
	free(entry->key);
	use_free(entry->use);
	free(entry);
	return NULL;
}

void usebook_clear(struct usebook *book)
{
	vec_clear(&book->entries, entry_free);
}

int usebook_add(struct usebook *book, const char *key, const struct use *use)
{
	struct use_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	entry->key = strdup(key);
	entry->use = use_copy(use);
	if (!entry->key || !entry->use || vec_add(&book->entries, entry) < 0) {
		entry_free(entry);
		return -ENOMEM;
	}
	return 0;
}

static int cmp_entry(const void *a, const void *b)
{
	return strcmp(((const struct use_entry *)a)->key, ((const struct use_entry *)b)->key);
}

static int cmp_key(const void *key, const void *entry)
{
	return strcmp(key, ((const struct use_entry *)entry)->key);
}

bool usebook_has(const struct usebook *book, const char *key, const char *kind)
{
	VEC_FOREACH(const struct use_entry, entry, &book->entries)
		if (str_eq(entry->key, key) && str_eq(entry->use->kind, kind))
			return true;
	return false;
}

/* What other sources told of it, and what @sorted has of it. */
static int collect(const struct device *device, unsigned sources, const struct vec *sorted,
		   struct vec *ret)
{
	ptrdiff_t at = vec_find_sorted(sorted, device->key, cmp_key, NULL);

	VEC_FOREACH(const struct use, use, &device->uses)
		if (!(use->source & sources) && uses_add(ret, use) < 0)
			return -ENOMEM;
	if (at < 0)
		return 0;
	while (at > 0 && cmp_key(device->key, sorted->items[at - 1]) == 0)
		at--;
	for (size_t i = (size_t)at; i < sorted->n && cmp_key(device->key, sorted->items[i]) == 0;
	     i++) {
		const struct use_entry *entry = sorted->items[i];

		if (uses_add(ret, entry->use) < 0)
			return -ENOMEM;
	}
	uses_sort(ret);
	return 0;
}

int usebook_apply(const struct usebook *book, struct inventory *inv, unsigned sources,
		  const struct vec *only, bool *ret_changed)
{
	static const struct vec nothing;
	_cleanup_vec_ struct vec sorted = { 0 };
	bool changed = false;

	VEC_FOREACH(struct use_entry, entry, &book->entries)
		if (vec_add(&sorted, entry) < 0)
			return -ENOMEM;
	vec_sort(&sorted, cmp_entry);
	VEC_FOREACH(struct device, device, &inv->devices) {
		_cleanup_uses_ struct vec now = { 0 };
		bool counts = !only || vec_find_sorted(only, device, vec_cmp_pointer, NULL) >= 0;
		struct vec before = device->uses;

		if (collect(device, sources, counts ? &sorted : &nothing, &now) < 0)
			return -ENOMEM;
		if (uses_equal(&now, &before))
			continue;
		device->uses = now;
		now = before;
		changed = true;
	}
	if (ret_changed)
		*ret_changed = changed;
	return 0;
}

int uses_refresh(const struct sysroot *root, struct inventory *inv, unsigned sources,
		 bool *ret_changed)
{
	static const struct {
		enum use_source source;
		int (*read)(struct usebook *book);
	} readers[] = {
		{ USE_OF_BLOCK, uses_read_block },
		{ USE_OF_NET, uses_read_net },
		{ USE_OF_CONSOLE, uses_read_console },
	};
	_cleanup_(usebook_clear) struct usebook book = { .root = root, .inv = inv };

	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		int r = sources & readers[i].source ? readers[i].read(&book) : 0;

		if (r < 0)
			return r;
	}
	return usebook_apply(&book, inv, sources, NULL, ret_changed);
}

/* --- where things are -------------------------------------------------------------------------- */

int uses_place(const struct usebook *book, const char *link, char **ret)
{
	char target[PATH_MAX], *place;
	ssize_t n = readlinkat(book->root->fd, link, target, sizeof(target) - 1);

	*ret = NULL;
	if (n < 0)
		return 0;
	target[n] = '\0';
	place = strstr(target, "devices/");
	return str_set(ret, place ? place : target);
}

/* What @name is a device of. Where it is an address by its form it is one, even if the inventory does not have it yet. */
static int owner_by_name(const struct usebook *book, const char *name, char **ret)
{
	DEVBUS_FOREACH(bus) {
		_cleanup_free_ char *address = NULL, *key = NULL;
		int r = bus->normalize ? bus->normalize(name, &address) : 0;

		if (bus->way != DEVBUS_OVERRIDE || r == -EINVAL)
			continue;
		key = r < 0 ? NULL : devkey_new(bus->name, address ? address : name);
		if (!key)
			return -ENOMEM;
		if (address || inventory_find(book->inv, key)) {
			*ret = TAKE_PTR(key);
			return 0;
		}
	}
	return 0;
}

/* "pci0000:00" is the root, no function; the deepest one is the owner. */
int uses_owner_of_place(const struct usebook *book, const char *place, char **ret)
{
	_cleanup_strv_ char **parts = NULL;
	int r = strv_split(place, "/", &parts);

	*ret = NULL;
	if (r < 0)
		return r;
	for (size_t i = strv_length(parts); r >= 0 && !*ret && i-- > 0;)
		r = owner_by_name(book, parts[i], ret);
	return r;
}

int uses_owner(const struct usebook *book, const char *link, char **ret)
{
	_cleanup_free_ char *place = NULL;
	int r = uses_place(book, link, &place);

	*ret = NULL;
	return r < 0 || !place ? r : uses_owner_of_place(book, place, ret);
}

int uses_list(const struct usebook *book, const char *path, char ***ret)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	int fd = sysroot_dir(book->root, path);

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		fd_close(fd);
		return 0;
	}
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && strv_add(ret, entry->d_name) < 0)
			return -ENOMEM;
	return 0;
}

FILE *uses_open(const struct usebook *book, const char *path)
{
	int fd = openat(book->root->fd, path, O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "re");

	if (!file)
		fd_close(fd);
	return file;
}

int uses_value(const struct usebook *book, char **ret, const char *format, ...)
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
	return sysfs_read_optional(book->root->fd, path, ret);
}
