/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * devgroupctl undefine: removes or masks the definition of a group. Needs no daemon, but reloads a
 * running one.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/str.h"
#include "base/strv.h"
#include "cli/bus/cli-object.h"
#include "cli/bus/cli-reload.h"
#include "cli/cli.h"
#include "cli/host/cli-files.h"
#include "cli/host/cli-host.h"
#include "model/config/config-dirs.h"
#include "model/device-bus.h"

static bool verb_undefine_is_verbose(const struct cli *cli)
{
	return !cli->options.quiet && cli->options.json == CLI_JSON_OFF;
}

static bool verb_undefine_is_in(const char *path, const char *directory)
{
	size_t n = strlen(directory);

	return str_starts(path, directory) && path[n] == '/' && !strchr(path + n + 1, '/');
}

/* Refuses to remove a file that defines something else too. 0 or an exit status. */
static int verb_undefine_check_alone(const struct group_def *def)
{
	_cleanup_def_set_ struct def_set *file = def_set_new();
	_cleanup_strv_ char **others = NULL;
	_cleanup_free_ char *names = NULL;
	int r = file ? config_dirs_load_file(file, def->file) : -ENOMEM;

	if (r < 0)
		return cli_fail(r, def->file);
	VEC_FOREACH(const struct group_def, other, &file->groups)
		if (!str_eq(other->name, def->name) && strv_add(&others, other->name) < 0)
			return cli_fail(-ENOMEM, def->file);
	if (file->sriov.n > 0 && strv_add(&others, "virtual functions") < 0)
		return cli_fail(-ENOMEM, def->file);
	if (file->mdevs.n > 0 && strv_add(&others, "mediated devices") < 0)
		return cli_fail(-ENOMEM, def->file);
	if (!others)
		return 0;
	names = strv_join(others, ", ");
	fprintf(stderr,
		"devgroupctl: Group %s is defined at %s:%u together with %s. Remove it from that "
		"file, then: devgroupctl reload\n",
		def->name, def->file, def->line, str_or(names, "others"));
	return EXIT_FAILED;
}

/* Makes a link to /dev/null at @path, under a temporary name first. 0 or negative errno. */
static int verb_undefine_link_to_null(const char *path)
{
	_cleanup_free_ char *temp = str_printf("%s.%d.tmp", path, (int)getpid());

	if (!temp)
		return -ENOMEM;
	if (symlink("/dev/null", temp) < 0)
		return -errno;
	if (rename(temp, path) < 0) {
		int saved = errno;

		(void)unlink(temp);
		return -saved;
	}
	return 0;
}

static int verb_undefine_mask(const struct cli *cli, char *const *directories,
			      const struct group_def *def)
{
	const char *directory = directories[cli->options.runtime ? FILES_RUN : FILES_ETC];
	_cleanup_free_ char *path = str_printf("%s%s", directory, strrchr(def->file, '/'));
	int r;

	if (cli->options.runtime && verb_undefine_is_in(def->file, directories[FILES_ETC])) {
		fprintf(stderr,
			"devgroupctl: %s overrides all files of %s, so a link there masks nothing. "
			"Omit --runtime.\n",
			def->file, directory);
		return EXIT_FAILED;
	}
	if (!path)
		return cli_files_fail(-ENOMEM, directory);
	r = fileio_mkdir_parents(directory, 0755);
	if (r < 0)
		return cli_files_fail(r, path);
	r = verb_undefine_link_to_null(path);
	if (r < 0)
		return cli_files_fail(r, path);
	if (verb_undefine_is_verbose(cli))
		printf("Group %s is masked by %s.\n", def->name, path);
	return 0;
}

static int verb_undefine_delete(const struct cli *cli, char *const *directories,
				const struct group_def *def)
{
	if (verb_undefine_is_in(def->file, directories[FILES_LIB])) {
		fprintf(stderr,
			"devgroupctl: Group %s is defined at %s:%u, which belongs to a package. To "
			"mask that file in %s, use --mask.\n",
			def->name, def->file, def->line, directories[FILES_ETC]);
		return EXIT_FAILED;
	}
	if (unlink(def->file) < 0 && errno != ENOENT)
		return cli_files_fail(-errno, def->file);
	if (verb_undefine_is_verbose(cli))
		printf("Removed %s.\n", def->file);
	return 0;
}

/* Prints the definition that is in force now: the removed file may have hidden one. */
static int verb_undefine_report_next(const struct cli *cli, const char *name)
{
	_cleanup_def_set_ struct def_set *config = NULL;
	const struct group_def *def;
	int r = cli_files_load(cli, &config);

	if (r)
		return r;
	def = def_set_find_group(config, name);
	if (def && verb_undefine_is_verbose(cli))
		printf("Group %s is now defined at %s:%u.\n", name, def->file, def->line);
	return 0;
}

static int verb_undefine_report_claimed(struct cli *cli, const char *name)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_json_ json_object *group = NULL;
	int r;

	if (!verb_undefine_is_verbose(cli))
		return 0;
	path = cli_object_path(OBJECT_GROUP, name);
	if (!path)
		return cli_fail(-ENOMEM, "cannot find the group");
	r = cli_object_find(cli, OBJECT_GROUP, path, &group);
	if (r)
		return r;
	if (group && strlen(cli_json_get_str(group, "lease")) > 1)
		printf("It is claimed by %s, and stays until it is released.\n",
		       cli_json_get_str(group, "holder"));
	return 0;
}

static int verb_undefine_group(struct cli *cli, const struct group_def *def)
{
	_cleanup_strv_ char **directories = NULL;
	bool running;
	int r;

	if (cli_files_directories(cli, &directories) < 0)
		return cli_fail(-ENOMEM, "cannot undefine the group");
	r = verb_undefine_check_alone(def);
	if (r)
		return r;
	if (cli->options.mask)
		r = verb_undefine_mask(cli, directories, def);
	else
		r = verb_undefine_delete(cli, directories, def);
	if (r)
		return r;
	r = verb_undefine_report_next(cli, def->name);
	if (r)
		return r;
	r = cli_reload_if_running(cli, &running);
	if (r || !running)
		return r;
	return verb_undefine_report_claimed(cli, def->name);
}

static int verb_undefine_report_json(const struct cli *cli, const char *name, bool changed)
{
	_cleanup_json_ json_object *result = NULL;

	if (cli->options.json == CLI_JSON_OFF)
		return 0;
	result = CLI_JSON_NEW({ "name", json_object_new_string(name) },
			      { "changed", json_object_new_boolean(changed) });
	if (!result)
		return cli_fail(-ENOMEM, "cannot show what was done");
	cli_json_print(result, cli->options.json);
	return 0;
}

/* Returns the definition that names the device @name by its address, or NULL. */
static const struct group_def *verb_undefine_find_owner(const struct def_set *config,
							const char *name)
{
	_cleanup_free_ char *key = NULL;

	if (device_bus_key_normalize(name, &key) < 0)
		return NULL;
	VEC_FOREACH(const struct group_def, def, &config->groups)
		VEC_FOREACH(const struct selector, selector, &def->selectors)
			if (str_eq(selector->address, key))
				return def;
	return NULL;
}

/*
 * Reports that nothing is to be removed, and what was probably meant. Only the name of a group
 * itself removes it. 0 or an exit status.
 */
static int verb_undefine_report_unknown(const struct cli *cli, const struct def_set *config,
					const char *name)
{
	const struct group_def *owner = verb_undefine_find_owner(config, name);
	_cleanup_free_ char *hint = NULL;

	if (!verb_undefine_is_verbose(cli))
		return 0;
	if (!owner) {
		hint = cli_host_hint(config, name);
		if (!hint)
			return cli_fail(-ENOMEM, "cannot find the group");
		printf("Group %s is not defined.%s\n", name, hint);
		return 0;
	}
	printf("%s is a device of group %s. To remove it: devgroupctl undefine %s\n", name,
	       owner->name, owner->name);
	return 0;
}

int verb_undefine(struct cli *cli)
{
	const char *name = cli->words[0];
	_cleanup_def_set_ struct def_set *config = NULL;
	const struct group_def *def;
	int r = cli_files_require_local(cli, "undefine");

	if (r)
		return r;
	r = cli_files_load(cli, &config);
	if (r)
		return r;
	def = def_set_find_group(config, name);
	if (def) {
		r = verb_undefine_group(cli, def);
		if (r)
			return r;
	} else {
		r = verb_undefine_report_unknown(cli, config, name);
		if (r)
			return r;
	}
	return verb_undefine_report_json(cli, name, def);
}
