/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fileio.h"
#include "base/str.h"
#include "base/vec.h"
#include "sys/modules.h"

/* A distribution's modules.alias has some 2 MiB. */
#define LIST_MAX (64u << 20)
#define FILE_MAX (1u << 20)

struct modules {
	const struct sysroot *root;
	char *release;
	bool has_read;
	struct stat list; /* the file that was read */
	char **resets;		/* "calxeda,hb-xgmac vfio_platform_calxedaxgmac" */
};

struct modules *modules_new(const struct sysroot *root, const char *release)
{
	_cleanup_modules_ struct modules *modules = calloc(1, sizeof(*modules));

	if (!modules)
		return NULL;
	modules->root = root;
	modules->release = strdup(release);
	return modules->release ? TAKE_PTR(modules) : NULL;
}

struct modules *modules_free(struct modules *modules)
{
	if (!modules)
		return NULL;
	free(modules->release);
	strv_free(modules->resets);
	free(modules);
	return NULL;
}

/* NULL where there is none, or none that can be read. */
static int read_file(const struct modules *modules, const char *path, size_t max, char **ret, size_t *ret_size)
{
	int r = file_read_at(modules->root->fd, path, max, ret, ret_size);

	if (r < 0 && r != -ENOMEM)
		*ret = NULL;
	return r == -ENOMEM ? r : 0;
}

/* Underscores and dashes are one to modprobe and to the kernel. */
static bool same_name(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((a[i] == '-' ? '_' : a[i]) != (b[i] == '-' ? '_' : b[i]))
			return false;
	return true;
}

/* --- aliases ----------------------------------------------------------------------------------- */

static int add_reset(struct modules *modules, const char *compatible, size_t n, const char *module, size_t n_module)
{
	_cleanup_free_ char *line = str_printf("%.*s %.*s", (int)n, compatible, (int)n_module, module);

	return line ? strv_add(&modules->resets, line) : -ENOMEM;
}

/* "alias vfio-reset:calxeda,hb-xgmac vfio_platform_calxedaxgmac", among many thousands of lines */
static int read_aliases(struct modules *modules, const char *text)
{
	static const char begin[] = "alias vfio-reset:";
	int r = 0;

	for (const char *at = text; r >= 0 && at && (at = strstr(at, begin)); at = strchr(at, '\n')) {
		const char *compatible = at + strlen(begin);
		size_t n = strcspn(compatible, " \n");
		const char *module = compatible + n + strspn(compatible + n, " ");

		if (at == text || at[-1] == '\n')
			r = add_reset(modules, compatible, n, module, strcspn(module, " \n"));
	}
	return r;
}

/* What is built in has its words one after the other: "vfio_platform_amdxgbe.alias=vfio-reset:amd,xgbe-seattle-v1a". */
static int read_builtin(struct modules *modules, const char *text, size_t size)
{
	int r = 0;

	for (const char *at = text; r >= 0 && at < text + size; at += strlen(at) + 1) {
		const char *alias = strstr(at, ".alias=vfio-reset:");
		const char *compatible = alias ? strchr(alias, ':') + 1 : NULL;

		if (alias)
			r = add_reset(modules, compatible, strlen(compatible), at, (size_t)(alias - at));
	}
	return r;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Again only where depmod has made the list anew. */
static int read_resets(struct modules *modules)
{
	_cleanup_free_ char *path = str_printf("lib/modules/%s/modules.alias", modules->release), *text = NULL;
	_cleanup_free_ char *builtin_path = str_printf("lib/modules/%s/modules.builtin.modinfo", modules->release);
	_cleanup_free_ char *builtin = NULL;
	struct stat st = { 0 };
	size_t size = 0;
	int r;

	if (!path || !builtin_path)
		return -ENOMEM;
	(void)fstatat(modules->root->fd, path, &st, 0);
	if (modules->has_read && same_file(&st, &modules->list))
		return 0;
	modules->resets = strv_free(modules->resets);
	r = read_file(modules, path, LIST_MAX, &text, NULL);
	if (r >= 0 && text)
		r = read_aliases(modules, text);
	if (r >= 0)
		r = read_file(modules, builtin_path, LIST_MAX, &builtin, &size);
	if (r >= 0 && builtin)
		r = read_builtin(modules, builtin, size);
	modules->has_read = r >= 0;
	modules->list = st;
	return r;
}

int modules_find_reset(struct modules *modules, const char *compatible, char **ret)
{
	size_t n = strlen(compatible);
	int r = read_resets(modules);

	*ret = NULL;
	STRV_FOREACH(line, modules->resets)
		if (r >= 0 && strncmp(*line, compatible, n) == 0 && (*line)[n] == ' ')
			return str_set(ret, *line + n + 1);
	return r;
}

/* --- parameters -------------------------------------------------------------------------------- */

/* Which parameter is looked for, and what was found of it last: later words go above earlier ones. */
struct search {
	const struct modules *modules;
	const char *module, *parameter;
	bool value;
};

/* As the kernel takes them; what it would refuse changes nothing. */
static void take_value(struct search *search, const char *value)
{
	if (!*value || strchr("yYtT1", *value) || str_eq(value, "on"))
		search->value = true;
	else if (strchr("nNfF0", *value) || str_eq(value, "off"))
		search->value = false;
}

/* "reset_required=0" or, which turns it on, "reset_required" */
static void take_word(struct search *search, const char *word)
{
	size_t n = strlen(search->parameter);

	if (strlen(word) < n || !same_name(word, search->parameter, n) || (word[n] && word[n] != '='))
		return;
	take_value(search, word[n] ? word + n + 1 : "");
}

/* "options vfio-platform reset_required=0" */
static int read_line(struct search *search, const char *line)
{
	_cleanup_strv_ char **words = NULL;
	int r = strv_split(line, " \t", &words);

	if (r < 0 || strv_length(words) < 3 || !str_eq(words[0], "options") || strlen(words[1]) != strlen(search->module) ||
	    !same_name(words[1], search->module, strlen(search->module)))
		return r;
	STRV_FOREACH(word, words + 2)
		take_word(search, *word);
	return 0;
}

static int read_options(struct search *search, const char *path)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_strv_ char **lines = NULL;
	int r = read_file(search->modules, path, FILE_MAX, &text, NULL);

	for (char *at = text; at && (at = strstr(at, "\\\n"));)
		at[0] = at[1] = ' ';
	if (r >= 0 && text)
		r = strv_split(text, "\n", &lines);
	STRV_FOREACH(line, lines)
		if (r >= 0)
			r = read_line(search, *line);
	return r;
}

struct conf {
	char *name, *path;
};

static void *conf_free(void *data)
{
	struct conf *conf = data;

	free(conf->name);
	free(conf->path);
	free(conf);
	return NULL;
}

static int conf_cmp(const void *a, const void *b)
{
	return strcmp(((const struct conf *)a)->name, ((const struct conf *)b)->name);
}

/* One that a directory above has by this name hides it. */
static int add_conf(struct vec *confs, const char *directory, const char *name)
{
	size_t n = strlen(name), end = strlen(".conf");
	struct conf *conf;

	if (n <= end || !str_eq(name + n - end, ".conf"))
		return 0;
	VEC_FOREACH(const struct conf, other, confs)
		if (str_eq(other->name, name))
			return 0;
	conf = calloc(1, sizeof(*conf));
	if (!conf)
		return -ENOMEM;
	conf->name = strdup(name);
	conf->path = str_printf("%s/%s", directory, name);
	if (conf->name && conf->path && vec_add(confs, conf) >= 0)
		return 0;
	conf_free(conf);
	return -ENOMEM;
}

static int list_confs(const struct modules *modules, const char *directory, struct vec *confs)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	int r = 0, fd = sysroot_dir(modules->root, directory);

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		fd_close(fd);
		return 0;
	}
	while (r >= 0 && (entry = readdir(dir)))
		r = add_conf(confs, directory, entry->d_name);
	return r;
}

static void confs_clear(struct vec *confs)
{
	vec_clear(confs, conf_free);
}

static int read_modprobe_d(struct search *search)
{
	static const char *const directories[] = { "etc/modprobe.d", "run/modprobe.d", "usr/local/lib/modprobe.d",
						   "usr/lib/modprobe.d", "lib/modprobe.d" };
	_cleanup_(confs_clear) struct vec confs = { 0 };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(directories); i++)
		r = list_confs(search->modules, directories[i], &confs);
	vec_sort(&confs, conf_cmp);
	VEC_FOREACH(const struct conf, conf, &confs)
		if (r >= 0)
			r = read_options(search, conf->path);
	return r;
}

/* "vfio_platform.reset_required=0": modprobe reads it as well. */
static int read_command_line(struct search *search)
{
	_cleanup_free_ char *line = NULL;
	_cleanup_strv_ char **words = NULL;
	size_t n = strlen(search->module);
	int r = sysfs_read_optional(search->modules->root->fd, "proc/cmdline", &line);

	if (r >= 0 && line)
		r = strv_split(line, " ", &words);
	STRV_FOREACH(word, words)
		if (strlen(*word) > n && same_name(*word, search->module, n) && (*word)[n] == '.')
			take_word(search, *word + n + 1);
	return r;
}

int modules_switch(const struct modules *modules, const char *module, const char *parameter, bool fallback, bool *ret)
{
	struct search search = { .modules = modules, .module = module, .parameter = parameter, .value = fallback };
	_cleanup_free_ char *path = str_printf("sys/module/%s/parameters/%s", module, parameter), *now = NULL;
	int r = path ? sysfs_read_optional(modules->root->fd, path, &now) : -ENOMEM;

	if (r >= 0 && now)
		take_value(&search, now);
	if (r >= 0 && !now)
		r = read_modprobe_d(&search);
	if (r >= 0 && !now)
		r = read_command_line(&search);
	if (r < 0)
		return r;
	*ret = search.value;
	return 0;
}
