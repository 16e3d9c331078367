/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/fileio.h"
#include "base/str.h"
#include "model/config/config-dirs.h"

const char *const confdir_default[] = {
	"/etc/devgroups.d",
	"/run/devgroups.d",
	"/usr/lib/devgroups.d",
	NULL,
};

const char *const confdir_quirks[] = {
	"/etc/devgroups/quirks.d",
	"/run/devgroups/quirks.d",
	"/usr/lib/devgroups/quirks.d",
	NULL,
};

static struct confdir_file *file_free(struct confdir_file *file)
{
	if (!file)
		return NULL;
	free(file->name);
	free(file->path);
	free(file);
	return NULL;
}

DEFINE_CLEANUP(struct confdir_file *, file_freep, file_free)

static void *destroy_file(void *data)
{
	return file_free(data);
}

void confdir_files_clear(struct vec *files)
{
	vec_clear(files, destroy_file);
}

/* --- one file --------------------------------------------------------------------------------- */

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFDIR:
		return "a directory";
	case S_IFCHR:
	case S_IFBLK:
		return "a device node";
	default:
		return "no regular file";
	}
}

static int report_unread(struct config *config, const char *path, int error)
{
	char target[256];
	struct stat st;
	ssize_t n;

	if (error == -EFBIG)
		return config_add_problem(config, path, 0, 0, false,
					  "larger than %u bytes: not read", CONFDIR_MAX_FILE);
	if ((error == -EINVAL || error == -EISDIR || error == -ENXIO) && stat(path, &st) >= 0)
		return config_add_problem(config, path, 0, 0, false, "this is %s: expected a file",
					  type_name(st.st_mode));
	n = error == -ENOENT ? readlink(path, target, sizeof(target)) : -1;
	if (n >= 0)
		return config_add_problem(config, path, 0, 0, false,
					  "this is a link to %.*s, which is not there", (int)n,
					  target);
	return config_add_problem(config, path, 0, 0, false, "cannot be read: %s",
				  strerror(-error));
}

int confdir_load_file(struct config *config, const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r;

	r = file_read_at(AT_FDCWD, path, CONFDIR_MAX_FILE, &text, &size);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return report_unread(config, path, r);
	return config_parse(config, path, text, size);
}

/* --- directories ------------------------------------------------------------------------------ */

static bool is_config_name(const char *name)
{
	size_t n = strlen(name), suffix = strlen(".json");

	return name[0] != '.' && n > suffix && str_eq(name + n - suffix, ".json");
}

static bool is_masked(const char *path)
{
	struct stat st;

	return lstat(path, &st) >= 0 && S_ISLNK(st.st_mode) && stat(path, &st) >= 0 &&
	       S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

static struct confdir_file *file_new(const char *directory, const char *name)
{
	_cleanup_(file_freep) struct confdir_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->name = strdup(name);
	file->path = str_printf("%s/%s", directory, name);
	return file->name && file->path ? TAKE_PTR(file) : NULL;
}

static const struct confdir_draft *find_draft(const struct confdir_draft *drafts, size_t n,
					      const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(drafts[i].path, path))
			return &drafts[i];
	return NULL;
}

/* By name; of one name the highest directory, which was read first, comes first. */
static size_t place_of(const struct vec *files, const char *name)
{
	size_t low = 0, high = files->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct confdir_file *file = files->items[middle];

		if (strcmp(file->name, name) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int add_file(struct vec *files, const char *directory, const char *name)
{
	_cleanup_(file_freep) struct confdir_file *file = file_new(directory, name);
	const struct confdir_file *before;
	size_t at = place_of(files, name);
	int r;

	if (!file)
		return -ENOMEM;
	before = at > 0 ? files->items[at - 1] : NULL;
	if (before && str_eq(before->path, file->path))
		return 0; /* a draft of a file that is there */
	if (before && str_eq(before->name, name)) {
		file->fate = CONFDIR_HIDDEN;
		file->by = before->by ? before->by : before;
	} else if (is_masked(file->path)) {
		file->fate = CONFDIR_MASK;
	}
	r = vec_insert(files, at, file);
	if (r >= 0)
		TAKE_PTR(file);
	return r;
}

static int list_directory(struct config *config, const char *directory, struct vec *files)
{
	_cleanup_closedir_ DIR *dir = opendir(directory);
	int r;

	if (!dir && errno == ENOENT)
		return 0;
	if (!dir)
		return config_add_problem(config, directory, 0, 0, false, "cannot be read: %s",
					  strerror(errno));
	for (;;) {
		const struct dirent *item;

		errno = 0;
		item = readdir(dir);
		if (!item && errno)
			return config_add_problem(config, directory, 0, 0, false,
						  "cannot be read: %s", strerror(errno));
		if (!item)
			return 0;
		r = is_config_name(item->d_name) ? add_file(files, directory, item->d_name) : 0;
		if (r < 0)
			return r;
	}
}

/* Those of @directory alone. */
static int list_drafts(const char *directory, const struct confdir_draft *drafts, size_t n,
		       struct vec *files)
{
	size_t length = strlen(directory);
	int r;

	for (size_t i = 0; i < n; i++) {
		const char *path = drafts[i].path;

		if (!str_starts(path, directory) || path[length] != '/' ||
		    strchr(path + length + 1, '/'))
			continue;
		r = add_file(files, directory, path + length + 1);
		if (r < 0)
			return r;
	}
	return 0;
}

static int list_all(struct config *config, const char *const *directories,
		    const struct confdir_draft *drafts, size_t n, struct vec *ret)
{
	_cleanup_confdir_files_ struct vec files = { 0 };
	int r;

	for (const char *const *directory = directories ? directories : confdir_default; *directory;
	     directory++) {
		r = list_directory(config, *directory, &files);
		if (r >= 0)
			r = list_drafts(*directory, drafts, n, &files);
		if (r < 0)
			return r;
	}
	*ret = files;
	files = (struct vec){ 0 };
	return 0;
}

int confdir_list(struct config *config, const char *const *directories, struct vec *ret)
{
	return list_all(config, directories, NULL, 0, ret);
}

/* A file that went away after its directory was read is as if it had never been there. */
static bool is_gone(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 && errno == ENOENT;
}

static int load_files(struct config *config, const struct vec *files,
		      const struct confdir_draft *drafts, size_t n)
{
	int r;

	VEC_FOREACH(const struct confdir_file, file, files) {
		const struct confdir_draft *draft = find_draft(drafts, n, file->path);

		if (file->fate == CONFDIR_HIDDEN ||
		    (!draft && (file->fate == CONFDIR_MASK || is_gone(file->path))))
			continue;
		r = draft ? config_parse(config, draft->path, draft->text, draft->size)
			  : confdir_load_file(config, file->path);
		if (r < 0)
			return r;
	}
	return config_check_devices(config);
}

int confdir_try(const char *const *directories, const struct confdir_draft *drafts, size_t n,
		struct config **ret)
{
	_cleanup_config_ struct config *config = config_new();
	_cleanup_confdir_files_ struct vec files = { 0 };
	int r;

	if (!config)
		return -ENOMEM;
	r = list_all(config, directories, drafts, n, &files);
	if (r >= 0)
		r = load_files(config, &files, drafts, n);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(config);
	return 0;
}

int confdir_load(const char *const *directories, struct config **ret)
{
	return confdir_try(directories, NULL, 0, ret);
}

int confdir_load_quirks(const char *const *directories, struct config **ret)
{
	_cleanup_config_ struct config *config = config_new();
	_cleanup_confdir_files_ struct vec files = { 0 };
	int r;

	if (!config)
		return -ENOMEM;
	config->kind = CONFIG_QUIRKS;
	r = list_all(config, directories ? directories : confdir_quirks, NULL, 0, &files);
	if (r >= 0)
		r = load_files(config, &files, NULL, 0);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(config);
	return 0;
}
