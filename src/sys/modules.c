/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/dir.h"
#include "base/fileio.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/vec.h"
#include "sys/modules.h"

/* The modules.alias of a distribution has about 2 MiB. */
#define LIST_MAX (64u << 20)
#define FILE_MAX (1u << 20)

struct modules {
	const struct sysfs_root *root;
	char *release;
	bool has_read;
	struct stat list; /* the file that was read */
	char **resets;	  /* an element: "calxeda,hb-xgmac vfio_platform_calxedaxgmac" */
};

struct modules *modules_new(const struct sysfs_root *root, const char *release)
{
	_cleanup_modules_ struct modules *modules = calloc(1, sizeof(*modules));

	if (!modules)
		return NULL;
	modules->root = root;
	modules->release = strdup(release);
	if (!modules->release)
		return NULL;
	return TAKE_PTR(modules);
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

/* Sets *ret to NULL if the file is missing or cannot be read. 0 or -ENOMEM. */
static int modules_read_file(const struct modules *modules, const char *path, size_t max,
			     char **ret, size_t *ret_size)
{
	int r = fileio_read_at(modules->root->fd, path, max, ret, ret_size);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		*ret = NULL;
	return 0;
}

static char modules_fold(char c)
{
	return c == '-' ? '_' : c;
}

/* Compares @n characters. Underscores and dashes are equal to modprobe and to the kernel. */
static bool modules_same_name(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (modules_fold(a[i]) != modules_fold(b[i]))
			return false;
	return true;
}

/* --- aliases --- */

static int modules_add_reset(struct modules *modules, const char *compatible, size_t n,
			     const char *module, size_t n_module)
{
	_cleanup_free_ char *line =
		str_printf("%.*s %.*s", (int)n, compatible, (int)n_module, module);

	if (!line)
		return -ENOMEM;
	return strv_add(&modules->resets, line);
}

/* Finds "alias vfio-reset:calxeda,hb-xgmac vfio_platform_calxedaxgmac" among thousands of lines. */
static int modules_read_aliases(struct modules *modules)
{
	static const char begin[] = "alias vfio-reset:";
	_cleanup_free_ char *path = str_printf("lib/modules/%s/modules.alias", modules->release);
	_cleanup_free_ char *text = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = modules_read_file(modules, path, LIST_MAX, &text, NULL);
	if (r < 0)
		return r;
	for (const char *at = text; at && (at = strstr(at, begin)); at = strchr(at, '\n')) {
		const char *compatible = at + strlen(begin);
		size_t n = strcspn(compatible, " \n");
		const char *module = compatible + n + strspn(compatible + n, " ");

		if (at != text && at[-1] != '\n')
			continue;
		r = modules_add_reset(modules, compatible, n, module, strcspn(module, " \n"));
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Reads the aliases of built-in code. Its strings end with NUL bytes:
 * "vfio_platform_amdxgbe.alias=vfio-reset:amd,xgbe-seattle-v1a".
 */
static int modules_read_builtin(struct modules *modules)
{
	_cleanup_free_ char *path =
		str_printf("lib/modules/%s/modules.builtin.modinfo", modules->release);
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int r;

	if (!path)
		return -ENOMEM;
	r = modules_read_file(modules, path, LIST_MAX, &text, &size);
	if (r < 0 || !text)
		return r;
	for (const char *at = text; at < text + size; at += strlen(at) + 1) {
		const char *alias = strstr(at, ".alias=vfio-reset:");
		const char *compatible;

		if (!alias)
			continue;
		compatible = strchr(alias, ':') + 1;
		r = modules_add_reset(modules, compatible, strlen(compatible), at,
				      (size_t)(alias - at));
		if (r < 0)
			return r;
	}
	return 0;
}

static bool modules_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Reads the lists again only if depmod has written a new one. */
static int modules_read_resets(struct modules *modules)
{
	_cleanup_free_ char *path = str_printf("lib/modules/%s/modules.alias", modules->release);
	struct stat st = { 0 };
	int r;

	if (!path)
		return -ENOMEM;
	(void)fstatat(modules->root->fd, path, &st, 0);
	if (modules->has_read && modules_same_file(&st, &modules->list))
		return 0;
	modules->has_read = false;
	modules->resets = strv_free(modules->resets);
	r = modules_read_aliases(modules);
	if (r < 0)
		return r;
	r = modules_read_builtin(modules);
	if (r < 0)
		return r;
	modules->has_read = true;
	modules->list = st;
	return 0;
}

int modules_find_reset(struct modules *modules, const char *compatible, char **ret)
{
	size_t n = strlen(compatible);
	int r;

	*ret = NULL;
	r = modules_read_resets(modules);
	if (r < 0)
		return r;
	STRV_FOREACH(line, modules->resets)
		if (strncmp(*line, compatible, n) == 0 && (*line)[n] == ' ')
			return str_set(ret, *line + n + 1);
	return 0;
}

/* --- parameters --- */

/* A parameter that is searched for, and the value found last: later words override earlier ones. */
struct param_query {
	const struct modules *modules;
	const char *module, *parameter;
	bool value;
};

/* Accepts what the kernel accepts; any other value changes nothing. */
static void param_query_set_value(struct param_query *query, const char *value)
{
	if (!*value || strchr("yYtT1", *value) || str_eq(value, "on"))
		query->value = true;
	else if (strchr("nNfF0", *value) || str_eq(value, "off"))
		query->value = false;
}

/* Parses "reset_required=0", or "reset_required", which turns it on. */
static void param_query_parse_word(struct param_query *query, const char *word)
{
	size_t n = strlen(query->parameter);

	if (strlen(word) < n || !modules_same_name(word, query->parameter, n) ||
	    (word[n] && word[n] != '='))
		return;
	param_query_set_value(query, word[n] ? word + n + 1 : "");
}

/* Parses "options vfio-platform reset_required=0". */
static int param_query_parse_line(struct param_query *query, const char *line)
{
	_cleanup_strv_ char **words = NULL;
	size_t n = strlen(query->module);
	int r;

	r = strv_split(line, " \t", &words);
	if (r < 0)
		return r;
	if (strv_length(words) < 3 || !str_eq(words[0], "options"))
		return 0;
	if (strlen(words[1]) != n || !modules_same_name(words[1], query->module, n))
		return 0;
	STRV_FOREACH(word, words + 2)
		param_query_parse_word(query, *word);
	return 0;
}

static int param_query_read_conf(struct param_query *query, const char *path)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_strv_ char **lines = NULL;
	int r;

	r = modules_read_file(query->modules, path, FILE_MAX, &text, NULL);
	if (r < 0 || !text)
		return r;
	for (char *at = text; (at = strstr(at, "\\\n"));)
		at[0] = at[1] = ' ';
	r = strv_split(text, "\n", &lines);
	if (r < 0)
		return r;
	STRV_FOREACH(line, lines) {
		r = param_query_parse_line(query, *line);
		if (r < 0)
			return r;
	}
	return 0;
}

struct conf {
	char *name, *path;
};

static struct conf *conf_free(struct conf *conf)
{
	if (!conf)
		return NULL;
	free(conf->name);
	free(conf->path);
	free(conf);
	return NULL;
}

DEFINE_CLEANUP(struct conf *, conf_freep, conf_free)
static DEFINE_VEC_CLEAR(conf_list_clear, struct conf, conf_free)

static int conf_cmp(const void *a, const void *b)
{
	return strcmp(((const struct conf *)a)->name, ((const struct conf *)b)->name);
}

/* Skips a file whose name a directory of higher precedence has. */
static int conf_list_add(struct vec *confs, const char *directory, const char *name)
{
	size_t n = strlen(name), end = strlen(".conf");
	_cleanup_(conf_freep) struct conf *conf = NULL;
	int r;

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
	if (!conf->name || !conf->path)
		return -ENOMEM;
	r = vec_add(confs, conf);
	if (r < 0)
		return r;
	TAKE_PTR(conf);
	return 0;
}

static int conf_list_read(const struct modules *modules, const char *directory, struct vec *confs)
{
	_cleanup_closedir_ DIR *dir = NULL;

	if (sysfs_root_list(modules->root, directory, &dir) < 0)
		return 0;
	DIR_FOREACH(name, dir) {
		int r = conf_list_add(confs, directory, name);

		if (r < 0)
			return r;
	}
	return 0;
}

static int param_query_read_modprobe_d(struct param_query *query)
{
	static const char *const directories[] = { "etc/modprobe.d", "run/modprobe.d",
						   "usr/local/lib/modprobe.d", "usr/lib/modprobe.d",
						   "lib/modprobe.d" };
	_cleanup_(conf_list_clear) struct vec confs = { 0 };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		r = conf_list_read(query->modules, directories[i], &confs);
		if (r < 0)
			return r;
	}
	vec_sort(&confs, conf_cmp);
	VEC_FOREACH(const struct conf, conf, &confs) {
		r = param_query_read_conf(query, conf->path);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Reads "vfio_platform.reset_required=0", which modprobe obeys as well. */
static int param_query_read_cmdline(struct param_query *query)
{
	_cleanup_free_ char *line = NULL;
	_cleanup_strv_ char **words = NULL;
	size_t n = strlen(query->module);
	int r;

	r = sysfs_read_optional(query->modules->root->fd, "proc/cmdline", &line);
	if (r < 0 || !line)
		return r;
	r = strv_split(line, " ", &words);
	if (r < 0)
		return r;
	STRV_FOREACH(word, words)
		if (strlen(*word) > n && modules_same_name(*word, query->module, n) &&
		    (*word)[n] == '.')
			param_query_parse_word(query, *word + n + 1);
	return 0;
}

static int param_query_read_defaults(struct param_query *query)
{
	int r;

	r = param_query_read_modprobe_d(query);
	if (r < 0)
		return r;
	return param_query_read_cmdline(query);
}

int modules_bool_param(const struct modules *modules, const char *module, const char *parameter,
		       bool fallback, bool *ret)
{
	struct param_query query = {
		.modules = modules, .module = module, .parameter = parameter, .value = fallback
	};
	_cleanup_free_ char *path = str_printf("sys/module/%s/parameters/%s", module, parameter);
	_cleanup_free_ char *current = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = sysfs_read_optional(modules->root->fd, path, &current);
	if (r < 0)
		return r;
	if (current) {
		param_query_set_value(&query, current);
	} else {
		r = param_query_read_defaults(&query);
		if (r < 0)
			return r;
	}
	*ret = query.value;
	return 0;
}
