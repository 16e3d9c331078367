/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/dir.h"
#include "base/fileio.h"
#include "base/str.h"
#include "model/group-def.h"
#include "model/json/codec.h"
#include "sys/fault.h"
#include "sys/state/run-dir.h"

#define SUFFIX ".json"
#define MAX_RECORD (1u << 20)

/* The file with the lock. A lock needs an open file, and only root can open this one. */
#define LOCK_FILE ".lock"

static int run_dir_lock(int dir_fd, int *ret)
{
	_cleanup_close_ int fd =
		openat(dir_fd, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADF;
	if (fchmod(fd, 0600) < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	*ret = TAKE_FD(fd);
	return 0;
}

int run_dir_open(const char *path, int *ret_lock)
{
	_cleanup_close_ int fd = -EBADF;
	int r = fileio_mkdir_parents(path, 0755);

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = run_dir_lock(fd, ret_lock);
	if (r < 0)
		return r;
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

/*
 * Refuses a record that would not be read again: after a restart of the daemon its group would be
 * stuck, and its devices would not go back.
 */
static int run_dir_check_text(const char *text)
{
	_cleanup_record_ struct record *record = NULL;
	_cleanup_free_ char *error = NULL;
	size_t size = strlen(text);

	if (size > MAX_RECORD)
		return -EFBIG;
	return codec_record_from_json(text, size, &record, &error);
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
	r = run_dir_check_text(text);
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
	int r;

	if (!name)
		return -ENOMEM;
	r = fileio_read_at(dir_fd, name, MAX_RECORD, &text, &size);
	if (r < 0)
		return r;
	return codec_record_from_json(text, size, ret, &error);
}

int run_dir_remove(int dir_fd, const char *group)
{
	_cleanup_free_ char *name = run_dir_record_name(group);
	int r;

	r = fault_record("remove", group);
	if (r < 0)
		return r;
	if (!name)
		return -ENOMEM;
	if (unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

static struct run_dir_entry *run_dir_entry_free(struct run_dir_entry *entry)
{
	if (!entry)
		return NULL;
	free(entry->group);
	record_free(entry->record);
	free(entry->error);
	free(entry);
	return NULL;
}

DEFINE_CLEANUP(struct run_dir_entry *, run_dir_entry_freep, run_dir_entry_free)
DEFINE_VEC_CLEAR(run_dir_entries_clear, struct run_dir_entry, run_dir_entry_free)

static int run_dir_parse_record(int dir_fd, const char *name, struct run_dir_entry *entry)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r;

	r = fileio_read_at(dir_fd, name, MAX_RECORD, &text, &size);
	if (r < 0)
		return r;
	return codec_record_from_json(text, size, &entry->record, &entry->error);
}

static int run_dir_read_record(int dir_fd, const char *name, struct run_dir_entry *entry)
{
	int r;

	r = run_dir_parse_record(dir_fd, name, entry);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		if (!entry->error)
			entry->error = strdup(strerror(-r));
		return entry->error ? 0 : -ENOMEM;
	}
	if (str_eq(entry->record->group, entry->group))
		return 0;
	entry->error = str_printf("it is the record of group %s", entry->record->group);
	entry->record = record_free(entry->record);
	return entry->error ? 0 : -ENOMEM;
}

/* Cuts @suffix off: "x" of "x.pipe". *ret is NULL if @name ends otherwise. 0 or -ENOMEM. */
static int run_dir_name_stem(const char *name, const char *suffix, char **ret)
{
	size_t n = strlen(name), m = strlen(suffix);

	*ret = NULL;
	if (n <= m || !str_eq(name + n - m, suffix))
		return 0;
	*ret = strndup(name, n - m);
	return *ret ? 0 : -ENOMEM;
}

static int run_dir_load_one(int dir_fd, const char *name, struct vec *ret)
{
	_cleanup_(run_dir_entry_freep) struct run_dir_entry *entry = NULL;
	_cleanup_free_ char *group = NULL;
	int r;

	if (name[0] == '.')
		return 0;
	r = run_dir_name_stem(name, SUFFIX, &group);
	if (r < 0 || !group)
		return r;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->group = TAKE_PTR(group);
	r = run_dir_read_record(dir_fd, name, entry);
	if (r < 0)
		return r;
	r = vec_add(ret, entry);
	if (r < 0)
		return r;
	TAKE_PTR(entry);
	return 0;
}

char *run_dir_path(int dir_fd, const char *group)
{
	_cleanup_free_ char *link = str_printf("/proc/self/fd/%d", dir_fd);
	char path[PATH_MAX];
	ssize_t n;

	if (!link)
		return NULL;
	n = readlink(link, path, sizeof(path) - 1);
	path[n < 0 ? 0 : n] = '\0';
	return str_printf("%s/%s" SUFFIX, path, group);
}

bool run_dir_has(int dir_fd, const char *group)
{
	_cleanup_free_ char *name = run_dir_record_name(group);

	return name && faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
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
