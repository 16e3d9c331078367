/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads the files of the configuration directories in their order of precedence. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/trust.h"
#include "model/config/config-dirs.h"

const char *const config_dirs_default[] = {
	"/etc/devgroups.d",
	"/run/devgroups.d",
	"/usr/lib/devgroups.d",
	NULL,
};

const char *const config_dirs_quirks[] = {
	"/etc/devgroups/quirks.d",
	"/run/devgroups/quirks.d",
	"/usr/lib/devgroups/quirks.d",
	NULL,
};

int config_dirs_below(const char *root, const char *const *directories, char ***ret)
{
	_cleanup_strv_ char **list = NULL;

	for (const char *const *directory = directories; *directory; directory++) {
		_cleanup_free_ char *path = str_printf("%s%s", str_or(root, ""), *directory);
		int r = path ? strv_add(&list, path) : -ENOMEM;

		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(list);
	return 0;
}

static struct config_dirs_file *config_dirs_file_free(struct config_dirs_file *file)
{
	if (!file)
		return NULL;
	free(file->name);
	free(file->path);
	free(file);
	return NULL;
}

DEFINE_CLEANUP(struct config_dirs_file *, config_dirs_file_freep, config_dirs_file_free)

DEFINE_VEC_CLEAR(config_dirs_files_clear, struct config_dirs_file, config_dirs_file_free)

/* --- one file --- */

static const char *config_dirs_type_name(mode_t mode)
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

static int config_dirs_report_unread(struct def_set *defs, const char *path, int error)
{
	char target[256];
	struct stat st;
	ssize_t n;

	if (error == -EFBIG)
		return def_set_add_problem(defs, path, 0, 0, false,
					   "larger than %u bytes: not read", CONFIG_DIRS_MAX_FILE);
	if ((error == -EINVAL || error == -EISDIR || error == -ENXIO) && stat(path, &st) >= 0)
		return def_set_add_problem(defs, path, 0, 0, false, "this is %s: expected a file",
					   config_dirs_type_name(st.st_mode));
	if (error != -ENOENT)
		return def_set_add_problem(defs, path, 0, 0, false, "cannot be read: %s",
					   strerror(-error));
	n = readlink(path, target, sizeof(target));
	if (n >= 0)
		return def_set_add_problem(defs, path, 0, 0, false,
					   "this is a link to %.*s, which does not exist", (int)n,
					   target);
	return def_set_add_problem(defs, path, 0, 0, false, "cannot be read: %s", strerror(-error));
}

static int config_dirs_parse_file(struct def_set *defs, const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r;

	r = fileio_read_at(AT_FDCWD, path, CONFIG_DIRS_MAX_FILE, &text, &size);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return config_dirs_report_unread(defs, path, r);
	return parse_definitions(defs, path, text, size);
}

int config_dirs_load_file(struct def_set *defs, const char *path)
{
	_cleanup_free_ char *why = NULL;
	int r;

	r = trust_check(path, geteuid(), &why);
	if (r < 0)
		return r;
	if (why) {
		r = def_set_add_problem(defs, path, 0, 0, true, "the daemon would not read it: %s",
					why);
		if (r < 0)
			return r;
	}
	return config_dirs_parse_file(defs, path);
}

/* --- directories --- */

/*
 * Returns the user whose files are read besides those of root: this one, in directories that are
 * not the system's own, such as those below another root.
 */
static uid_t config_dirs_own(const char *directory)
{
	static const char *const *const systems[] = { config_dirs_default, config_dirs_quirks };

	for (size_t i = 0; i < ARRAY_SIZE(systems); i++)
		for (const char *const *one = systems[i]; *one; one++)
			if (str_eq(*one, directory))
				return TRUST_ONLY_ROOT;
	return geteuid();
}

/* Sets *ret to whether only root can change what is at @path. If not, that is a problem. */
static int config_dirs_check_trust(struct def_set *defs, const char *path, uid_t own, bool *ret)
{
	_cleanup_free_ char *why = NULL;
	int r;

	r = trust_check(path, own, &why);
	if (r < 0)
		return r;
	*ret = !why;
	if (!why)
		return 0;
	r = def_set_add_problem(defs, path, 0, 0, false, "not read: %s", why);
	if (r < 0)
		return r;
	((struct problem *)defs->problems.items[defs->problems.n - 1])->untrusted = true;
	return 0;
}

static bool config_dirs_name_valid(const char *name)
{
	size_t n = strlen(name), suffix = strlen(".json");

	return name[0] != '.' && n > suffix && str_eq(name + n - suffix, ".json");
}

static bool config_dirs_is_masked(const char *path)
{
	struct stat st;

	return lstat(path, &st) >= 0 && S_ISLNK(st.st_mode) && stat(path, &st) >= 0 &&
	       S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

static struct config_dirs_file *config_dirs_file_new(const char *directory, const char *name)
{
	_cleanup_(config_dirs_file_freep) struct config_dirs_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->own = config_dirs_own(directory);
	file->name = strdup(name);
	file->path = str_printf("%s/%s", directory, name);
	return file->name && file->path ? TAKE_PTR(file) : NULL;
}

static const struct config_dirs_draft *config_dirs_find_draft(
	const struct config_dirs_draft *drafts, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(drafts[i].path, path))
			return &drafts[i];
	return NULL;
}

/* Finds the place by name, behind files of the same name from higher directories. */
static size_t config_dirs_file_place(const struct vec *files, const char *name)
{
	size_t low = 0, high = files->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct config_dirs_file *file = files->items[middle];

		if (strcmp(file->name, name) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int config_dirs_add_file(struct vec *files, const char *directory, const char *name)
{
	_cleanup_(config_dirs_file_freep) struct config_dirs_file *file =
		config_dirs_file_new(directory, name);
	const struct config_dirs_file *before;
	size_t at = config_dirs_file_place(files, name);
	int r;

	if (!file)
		return -ENOMEM;
	before = at > 0 ? files->items[at - 1] : NULL;
	if (before && str_eq(before->path, file->path))
		return 0; /* a draft of a file that exists */
	if (before && str_eq(before->name, name)) {
		file->fate = CONFIG_DIRS_HIDDEN;
		file->by = before->by ? before->by : before;
	} else if (config_dirs_is_masked(file->path)) {
		file->fate = CONFIG_DIRS_MASKED;
	}
	r = vec_insert(files, at, file);
	if (r < 0)
		return r;
	TAKE_PTR(file);
	return 0;
}

static int config_dirs_list_directory(struct def_set *defs, const char *directory,
				      struct vec *files)
{
	_cleanup_closedir_ DIR *dir = opendir(directory);
	int r;

	if (!dir && errno == ENOENT)
		return 0;
	if (!dir)
		return def_set_add_problem(defs, directory, 0, 0, false, "cannot be read: %s",
					   strerror(errno));
	for (;;) {
		const struct dirent *item;

		errno = 0;
		item = readdir(dir);
		if (!item && errno)
			return def_set_add_problem(defs, directory, 0, 0, false,
						   "cannot be read: %s", strerror(errno));
		if (!item)
			return 0;
		if (!config_dirs_name_valid(item->d_name))
			continue;
		r = config_dirs_add_file(files, directory, item->d_name);
		if (r < 0)
			return r;
	}
}

/* Adds the drafts in @directory. */
static int config_dirs_list_drafts(const char *directory, const struct config_dirs_draft *drafts,
				   size_t n, struct vec *files)
{
	size_t length = strlen(directory);
	int r;

	for (size_t i = 0; i < n; i++) {
		const char *path = drafts[i].path;

		if (!str_starts(path, directory) || path[length] != '/' ||
		    strchr(path + length + 1, '/'))
			continue;
		r = config_dirs_add_file(files, directory, path + length + 1);
		if (r < 0)
			return r;
	}
	return 0;
}

static int config_dirs_list_all(struct def_set *defs, const char *const *directories,
				const struct config_dirs_draft *drafts, size_t n, struct vec *ret)
{
	_cleanup_config_dirs_files_ struct vec files = { 0 };
	int r;

	for (const char *const *directory = directories ? directories : config_dirs_default;
	     *directory; directory++) {
		bool trusted;

		r = config_dirs_check_trust(defs, *directory, config_dirs_own(*directory),
					    &trusted);
		if (r < 0)
			return r;
		if (!trusted)
			continue;
		r = config_dirs_list_directory(defs, *directory, &files);
		if (r < 0)
			return r;
		r = config_dirs_list_drafts(*directory, drafts, n, &files);
		if (r < 0)
			return r;
	}
	*ret = TAKE_STRUCT(files);
	return 0;
}

int config_dirs_list(struct def_set *defs, const char *const *directories, struct vec *ret)
{
	return config_dirs_list_all(defs, directories, NULL, 0, ret);
}

/* Detects a file that vanished after its directory was read: it is ignored. */
static bool config_dirs_is_gone(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 && errno == ENOENT;
}

static int config_dirs_load_one(struct def_set *defs, const struct config_dirs_file *file,
				const struct config_dirs_draft *draft)
{
	bool trusted;
	int r;

	if (file->fate == CONFIG_DIRS_HIDDEN)
		return 0;
	if (draft)
		return parse_definitions(defs, draft->path, draft->text, draft->size);
	if (file->fate == CONFIG_DIRS_MASKED || config_dirs_is_gone(file->path))
		return 0;
	r = config_dirs_check_trust(defs, file->path, file->own, &trusted);
	if (r < 0 || !trusted)
		return r;
	return config_dirs_parse_file(defs, file->path);
}

/* Reads all files of @directories and @drafts as a set of @kind. */
static int config_dirs_load_all(enum def_set_kind kind, const char *const *directories,
				const struct config_dirs_draft *drafts, size_t n,
				struct def_set **ret)
{
	_cleanup_config_dirs_files_ struct vec files = { 0 };
	_cleanup_def_set_ struct def_set *defs = def_set_new();
	int r;

	if (!defs)
		return -ENOMEM;
	defs->kind = kind;
	r = config_dirs_list_all(defs, directories, drafts, n, &files);
	if (r < 0)
		return r;
	VEC_FOREACH(const struct config_dirs_file, file, &files) {
		r = config_dirs_load_one(defs, file, config_dirs_find_draft(drafts, n, file->path));
		if (r < 0)
			return r;
	}
	r = def_set_check_devices(defs);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(defs);
	return 0;
}

int config_dirs_load_drafts(const char *const *directories, const struct config_dirs_draft *drafts,
			    size_t n, struct def_set **ret)
{
	return config_dirs_load_all(DEF_FILE_GROUPS, directories, drafts, n, ret);
}

int config_dirs_load(const char *const *directories, struct def_set **ret)
{
	return config_dirs_load_all(DEF_FILE_GROUPS, directories, NULL, 0, ret);
}

int config_dirs_load_quirks(const char *const *directories, struct def_set **ret)
{
	return config_dirs_load_all(DEF_FILE_QUIRKS, directories ? directories : config_dirs_quirks,
				    NULL, 0, ret);
}
