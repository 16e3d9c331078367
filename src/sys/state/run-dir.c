/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>

#include "base/dir.h"
#include "base/fileio.h"
#include "base/str.h"
#include "model/group-def.h"
#include "model/json/codec.h"
#include "sys/fault.h"
#include "sys/state/run-dir.h"

#define SUFFIX ".json"
#define MAX_RECORD (1u << 20)

int run_dir_open(const char *path)
{
	_cleanup_close_ int fd = -EBADF;
	int r = fileio_mkdir_parents(path, 0755);

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return TAKE_FD(fd);
}

static char *run_dir_record_name(const char *group)
{
	return str_printf("%s" SUFFIX, group);
}

static char *run_dir_kept_name(const char *group)
{
	return str_printf("%s.kept", group);
}

static int run_dir_save_as(int dir_fd, const char *name, const struct record *record)
{
	_cleanup_free_ char *text = NULL;
	int r;

	if (!name)
		return -ENOMEM;
	r = fault_record("save", record->group);
	if (r < 0)
		return r;
	r = codec_record_to_json(record, &text);
	if (r < 0)
		return r;
	return fileio_write_atomic_at(dir_fd, name, text, strlen(text), 0600);
}

int run_dir_save(int dir_fd, const struct record *record)
{
	_cleanup_free_ char *name = run_dir_record_name(record->group);

	return run_dir_save_as(dir_fd, name, record);
}

int run_dir_save_kept(int dir_fd, const struct record *record)
{
	_cleanup_free_ char *name = run_dir_kept_name(record->group);

	return run_dir_save_as(dir_fd, name, record);
}

int run_dir_load_kept(int dir_fd, const char *group, struct record **ret)
{
	_cleanup_free_ char *name = run_dir_kept_name(group), *text = NULL, *error = NULL;
	size_t size;
	int r = name ? fileio_read_at(dir_fd, name, MAX_RECORD, &text, &size) : -ENOMEM;

	return r < 0 ? r : codec_record_from_json(text, size, ret, &error);
}

int run_dir_remove(int dir_fd, const char *group)
{
	_cleanup_free_ char *name = run_dir_record_name(group);
	int r = fault_record("remove", group);

	if (r < 0)
		return r;
	if (!name)
		return -ENOMEM;
	return unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static void *run_dir_entry_free(void *data)
{
	struct run_dir_entry *entry = data;

	if (!entry)
		return NULL;
	free(entry->group);
	record_free(entry->record);
	free(entry->error);
	free(entry);
	return NULL;
}

void run_dir_entries_clear(struct vec *entries)
{
	vec_clear(entries, run_dir_entry_free);
}

static int run_dir_read_record(int dir_fd, const char *name, struct run_dir_entry *entry)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r;

	r = fileio_read_at(dir_fd, name, MAX_RECORD, &text, &size);
	if (r >= 0)
		r = codec_record_from_json(text, size, &entry->record, &entry->error);
	if (r == -ENOMEM)
		return r;
	if (r >= 0 && !str_eq(entry->record->group, entry->group)) {
		entry->error = str_printf("it is the record of group %s", entry->record->group);
		entry->record = record_free(entry->record);
	} else if (r < 0 && !entry->error) {
		entry->error = strdup(strerror(-r));
	}
	return entry->record || entry->error ? 0 : -ENOMEM;
}

static int run_dir_load_one(int dir_fd, const char *name, struct vec *ret)
{
	size_t n = strlen(name);
	struct run_dir_entry *entry;
	int r;

	if (name[0] == '.' || n <= strlen(SUFFIX) || !str_eq(name + n - strlen(SUFFIX), SUFFIX))
		return 0;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->group = strndup(name, n - strlen(SUFFIX));
	r = entry->group ? run_dir_read_record(dir_fd, name, entry) : -ENOMEM;
	if (r >= 0)
		r = vec_add(ret, entry);
	if (r < 0)
		run_dir_entry_free(entry);
	return r;
}

char *run_dir_path(int dir_fd, const char *group)
{
	_cleanup_free_ char *link = str_printf("/proc/self/fd/%d", dir_fd);
	char path[PATH_MAX];
	ssize_t n = link ? readlink(link, path, sizeof(path) - 1) : -1;

	if (!link)
		return NULL;
	path[n < 0 ? 0 : n] = '\0';
	return str_printf("%s/%s" SUFFIX, path, group);
}

bool run_dir_has(int dir_fd, const char *group)
{
	_cleanup_free_ char *name = run_dir_record_name(group);

	return name && faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* "x" of "x.pipe"; NULL in *ret where the name ends otherwise. */
static int run_dir_name_stem(const char *name, const char *suffix, char **ret)
{
	size_t n = strlen(name), m = strlen(suffix);

	*ret = NULL;
	if (n <= m || !str_eq(name + n - m, suffix))
		return 0;
	*ret = strndup(name, n - m);
	return *ret ? 0 : -ENOMEM;
}

void run_dir_tidy(int dir_fd, bool (*is_lease)(const char *lease, void *userdata), void *userdata)
{
	_cleanup_closedir_ DIR *dir = NULL;

	if (dir_open_at(dir_fd, ".", &dir) < 0)
		return;
	DIR_FOREACH(name, dir) {
		_cleanup_free_ char *half = NULL, *lease = NULL;

		if (run_dir_name_stem(name, ".tmp", &half) < 0)
			return;
		if (run_dir_name_stem(name, ".pipe", &lease) < 0)
			return;
		if (half || (lease && !is_lease(lease, userdata)))
			(void)unlinkat(dir_fd, name, 0);
	}
}

int run_dir_load(int dir_fd, struct vec *ret)
{
	_cleanup_(run_dir_entries_clear) struct vec entries = { 0 };
	_cleanup_closedir_ DIR *dir = NULL;
	int r;

	r = dir_open_at(dir_fd, ".", &dir);
	if (r < 0)
		return r;
	DIR_FOREACH(name, dir) {
		r = run_dir_load_one(dir_fd, name, &entries);
		if (r < 0)
			return r;
	}
	*ret = TAKE_STRUCT(entries);
	return 0;
}
