/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/str.h"
#include "base/strv.h"
#include "model/device-bus.h"
#include "sys/fault.h"
#include "sys/state/mdev-file.h"

#define FILE_NAME "mediated-devices"
#define FILE_MAX (4u << 20)

static const char *const words[] = { "made", "unfinished" };

static struct mdev_file_entry *mdev_file_entry_free(struct mdev_file_entry *entry)
{
	if (!entry)
		return NULL;
	free(entry->key);
	free(entry->made);
	free(entry);
	return NULL;
}

DEFINE_CLEANUP(struct mdev_file_entry *, mdev_file_entry_freep, mdev_file_entry_free)

DEFINE_VEC_CLEAR(mdev_file_entries_clear, struct mdev_file_entry, mdev_file_entry_free)

/* Parses "made mdev:UUID PARENT<tab>TYPE<tab>…". */
static int mdev_file_parse_line(const char *line, struct vec *ret)
{
	_cleanup_(mdev_file_entry_freep) struct mdev_file_entry *entry = calloc(1, sizeof(*entry));
	_cleanup_free_ char *word = NULL, *key = NULL;
	size_t n = strcspn(line, " "), m = line[n] ? strcspn(line + n + 1, " ") : 0;
	int i, r;

	if (!entry)
		return -ENOMEM;
	if (m == 0 || !line[n + 1 + m])
		return 0;
	word = strndup(line, n);
	key = strndup(line + n + 1, m);
	if (!word || !key)
		return -ENOMEM;
	i = str_index(words, ARRAY_SIZE(words), word);
	if (i < 0)
		return 0;
	r = device_bus_key_normalize(key, &entry->key);
	if (r < 0)
		return r == -EINVAL ? 0 : r;
	entry->unfinished = i == 1;
	r = str_set(&entry->made, line + n + 1 + m + 1);
	if (r < 0)
		return r;
	r = vec_add(ret, entry);
	if (r < 0)
		return r;
	TAKE_PTR(entry);
	return 0;
}

int mdev_file_load(int dir_fd, struct vec *ret)
{
	_cleanup_mdev_file_entries_ struct vec entries = { 0 };
	_cleanup_strv_ char **lines = NULL;
	_cleanup_free_ char *text = NULL;
	int r;

	r = fileio_read_at(dir_fd, FILE_NAME, FILE_MAX, &text, NULL);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = strv_split(text, "\n", &lines);
	if (r < 0)
		return r;
	STRV_FOREACH(line, lines) {
		r = mdev_file_parse_line(*line, &entries);
		if (r < 0)
			return r;
	}
	*ret = TAKE_STRUCT(entries);
	return 0;
}

static int mdev_file_remove(int dir_fd)
{
	if (unlinkat(dir_fd, FILE_NAME, 0) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

int mdev_file_save(int dir_fd, const struct vec *entries)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out;
	int r;

	r = fault_record("save", FILE_NAME);
	if (r < 0)
		return r;
	if (entries->n == 0)
		return mdev_file_remove(dir_fd);
	out = open_memstream(&text, &size);
	if (!out)
		return -ENOMEM;
	VEC_FOREACH(const struct mdev_file_entry, entry, entries)
		fprintf(out, "%s %s %s\n", words[entry->unfinished], entry->key, entry->made);
	if (fclose(out) != 0 || !text)
		return -ENOMEM;
	if (size > FILE_MAX) /* a reader refuses more */
		return -EFBIG;
	return fileio_write_atomic_at(dir_fd, FILE_NAME, text, size, 0600);
}
