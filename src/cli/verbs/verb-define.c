/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * devgroupctl define: writes definitions of groups. A definition is written only if it is in force
 * afterwards and no other changes. Needs no daemon, but reloads a running one.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/str.h"
#include "base/strv.h"
#include "cli/bus/cli-reload.h"
#include "cli/cli.h"
#include "cli/host/cli-define.h"
#include "cli/host/cli-files.h"
#include "cli/host/cli-mistakes.h"
#include "model/config/config-dirs.h"
#include "model/json/codec.h"

/* The context of one run. */
struct define {
	struct cli *cli;
	char **directories;
	const char *directory;	/* the directory that is written to */
	struct def_set *wanted; /* the groups to define */
	struct def_set *before; /* the definitions in force */
	char **paths, **texts;	/* the files to write */
};

static void verb_define_clear(struct define *define)
{
	strv_free(define->directories);
	strv_free(define->paths);
	strv_free(define->texts);
	def_set_free(define->wanted);
	def_set_free(define->before);
}
#define _cleanup_define_ _cleanup_(verb_define_clear)

/* --- reasons to refuse --- */

/* Checks whether @path may be written. 0, or EXIT_FAILED with a message. */
static int verb_define_check_replaced(const struct define *define, const struct group_def *old,
				      const char *path)
{
	struct stat st;

	if (define->cli->options.replace)
		return 0;
	if (old) {
		fprintf(stderr,
			"devgroupctl: Group %s has another definition at %s:%u:%u. To replace it, "
			"use --replace.\n",
			old->name, old->file, old->line, old->column);
		return EXIT_FAILED;
	}
	if (lstat(path, &st) < 0)
		return 0;
	fprintf(stderr,
		"devgroupctl: %s already exists, but its group is not in force (see devgroupctl "
		"cat-config). To replace the file, use --replace.\n",
		path);
	return EXIT_FAILED;
}

/* Returns the first error in @file with the drafts in place; "": there is none. */
static const char *verb_define_find_reason(const struct def_set *config, const char *file)
{
	VEC_FOREACH(const struct problem, problem, &config->problems)
		if (!problem->warning && str_eq(problem->file, file))
			return problem->text;
	return "";
}

static int verb_define_check_in_force(const struct define *define, const struct def_set *after,
				      const struct group_def *wanted)
{
	const struct group_def *winner = def_set_find_group(after, wanted->name);
	_cleanup_free_ char *path = str_printf("%s/%s.json", define->directory, wanted->name);

	if (winner && codec_config_same_group(winner, wanted))
		return 0;
	if (!path)
		return cli_fail(-ENOMEM, "cannot check the definitions");
	if (winner)
		fprintf(stderr,
			"devgroupctl: Group %s would keep its definition at %s:%u, which overrides "
			"%s. Change it there.\n",
			wanted->name, winner->file, winner->line, path);
	else
		fprintf(stderr, "devgroupctl: Group %s cannot be defined: %s.\n", wanted->name,
			verb_define_find_reason(after, path));
	return EXIT_FAILED;
}

static int verb_define_check_kept(const struct define *define, const struct def_set *after,
				  const struct group_def *old)
{
	const struct group_def *current = def_set_find_group(after, old->name);

	if (def_set_find_group(define->wanted, old->name) ||
	    (current && codec_config_same_group(current, old)))
		return 0;
	if (strv_contains(define->paths, old->file))
		fprintf(stderr,
			"devgroupctl: %s also defines group %s (line %u), which would be lost. "
			"Change the file itself, then: devgroupctl reload\n",
			old->file, old->name, old->line);
	else
		fprintf(stderr, "devgroupctl: Group %s, at %s:%u, would be left out: %s.\n",
			old->name, old->file, old->line, verb_define_find_reason(after, old->file));
	return EXIT_FAILED;
}

static int verb_define_check_vfs_kept(const struct def_set *after, const struct vf_def *old)
{
	if (def_set_find_vfs(after, old->device))
		return 0;
	fprintf(stderr,
		"devgroupctl: %s also has the virtual functions of %s (line %u), which would be "
		"lost. Change the file itself, then: devgroupctl reload\n",
		old->file, old->device, old->line);
	return EXIT_FAILED;
}

static int verb_define_check_mdev_kept(const struct def_set *after, const struct mdev_def *old)
{
	if (def_set_find_mdev(after, old->key))
		return 0;
	fprintf(stderr,
		"devgroupctl: %s also has the mediated device %s (line %u), which would be lost. "
		"Change the file itself, then: devgroupctl reload\n",
		old->file, old->key, old->line);
	return EXIT_FAILED;
}

/*
 * Checks the definitions with the drafts in place: each wanted group must be in force, and all
 * others as before.
 */
static int verb_define_check_outcome(const struct define *define, const struct def_set *after)
{
	int r;

	VEC_FOREACH(const struct group_def, wanted, &define->wanted->groups) {
		r = verb_define_check_in_force(define, after, wanted);
		if (r)
			return r;
	}
	VEC_FOREACH(const struct group_def, old, &define->before->groups) {
		r = verb_define_check_kept(define, after, old);
		if (r)
			return r;
	}
	VEC_FOREACH(const struct vf_def, old, &define->before->sriov) {
		r = verb_define_check_vfs_kept(after, old);
		if (r)
			return r;
	}
	VEC_FOREACH(const struct mdev_def, old, &define->before->mdevs) {
		r = verb_define_check_mdev_kept(after, old);
		if (r)
			return r;
	}
	return 0;
}

static int verb_define_try_drafts(const struct define *define)
{
	size_t n = strv_length(define->paths);
	_cleanup_free_ struct config_dirs_draft *drafts = calloc(n + 1, sizeof(*drafts));
	_cleanup_def_set_ struct def_set *after = NULL;
	int r;

	if (!drafts)
		return cli_fail(-ENOMEM, "cannot check the definitions");
	for (size_t i = 0; i < n; i++)
		drafts[i] = (struct config_dirs_draft){ define->paths[i], define->texts[i],
							strlen(define->texts[i]) };
	r = config_dirs_load_drafts((const char *const *)define->directories, drafts, n, &after);
	if (r < 0)
		return cli_fail(r, "cannot check the definitions");
	return verb_define_check_outcome(define, after);
}

/* --- write --- */

/* Returns the text of a file that defines @def alone. 0 or negative errno. */
static int verb_define_make_text(const struct group_def *def, char **ret)
{
	_cleanup_free_ char *text = NULL;
	int r = codec_config_group_to_json(def, true, &text);

	if (r < 0)
		return r;
	*ret = str_printf("%s\n", text);
	return *ret ? 0 : -ENOMEM;
}

static int verb_define_add_draft(struct define *define, const struct group_def *def,
				 const char *path, const char *written)
{
	_cleanup_free_ char *text = NULL;
	int r;

	if (!written) {
		r = verb_define_make_text(def, &text);
		if (r < 0)
			return r;
	}
	r = strv_add(&define->texts, written ? written : text);
	if (r < 0)
		return r;
	return strv_add(&define->paths, path);
}

/* Makes a draft for each wanted group that is not yet defined in this way. */
static int verb_define_make_drafts(struct define *define, const char *written)
{
	VEC_FOREACH(const struct group_def, def, &define->wanted->groups) {
		const struct group_def *old = def_set_find_group(define->before, def->name);
		_cleanup_free_ char *path = str_printf("%s/%s.json", define->directory, def->name);
		int r;

		if (!path)
			return cli_fail(-ENOMEM, "cannot define the group");
		if (old && codec_config_same_group(old, def))
			continue;
		r = verb_define_check_replaced(define, old, path);
		if (r)
			return r;
		r = verb_define_add_draft(define, def, path, written);
		if (r < 0)
			return cli_fail(r, "cannot define the group");
	}
	return 0;
}

static int verb_define_write_drafts(const struct define *define)
{
	int r;

	if (!define->paths)
		return 0;
	r = fileio_mkdir_parents(define->directory, 0755);
	if (r < 0)
		return cli_files_fail(r, define->directory);
	for (size_t i = 0; i < strv_length(define->paths); i++) {
		const char *text = define->texts[i];

		r = fileio_write_atomic_at(AT_FDCWD, define->paths[i], text, strlen(text), 0644);
		if (r < 0)
			return cli_files_fail(r, define->paths[i]);
	}
	return 0;
}

/* Prints each group with the file that defines it now. */
static int verb_define_report(const struct define *define)
{
	const struct cli_options *o = &define->cli->options;
	_cleanup_def_set_ struct def_set *current = NULL;
	_cleanup_json_ json_object *list = json_object_new_array();
	int r = cli_files_load(define->cli, &current);

	if (r)
		return r;
	VEC_FOREACH(const struct group_def, def, &define->wanted->groups) {
		const struct group_def *in_force = def_set_find_group(current, def->name);
		const char *file = in_force ? in_force->file : "";
		bool is_new = strv_contains(define->paths, file);
		json_object *entry = CLI_JSON_NEW({ "name", json_object_new_string(def->name) },
						  { "file", json_object_new_string(file) },
						  { "changed", json_object_new_boolean(is_new) });

		if (cli_json_append(list, entry) < 0)
			return cli_fail(-ENOMEM, "cannot show the definitions");
		if (o->json == CLI_JSON_OFF && !o->quiet)
			printf("Group %s is %sdefined in %s.\n", def->name,
			       is_new ? "" : "already ", file);
	}
	if (o->json != CLI_JSON_OFF)
		cli_json_print(list, o->json);
	return 0;
}

/* Reports what keeps the wanted groups from being claimed on this host. 0 or an exit status. */
static int verb_define_report_mistakes(const struct define *define)
{
	_cleanup_def_set_ struct def_set *current = NULL;
	int r = cli_files_load(define->cli, &current);

	if (r)
		return r;
	return cli_mistakes_report(define->cli, current, define->wanted);
}

static int verb_define_groups(struct define *define, const char *written)
{
	bool running;
	int r;

	r = verb_define_make_drafts(define, written);
	if (r)
		return r;
	r = verb_define_try_drafts(define);
	if (r)
		return r;
	r = verb_define_write_drafts(define);
	if (r)
		return r;
	r = verb_define_report(define);
	if (r)
		return r;
	/* Reload even if nothing was written: the daemon may not have read the file yet. */
	if (define->paths || geteuid() == 0) {
		r = cli_reload_if_running(define->cli, &running);
		if (r)
			return r;
	}
	return verb_define_report_mistakes(define);
}

/* Refuses options that define a group when a file already does. */
static int verb_define_check_options(const struct cli *cli)
{
	const struct definition_options *o = &cli->options.definition;

	if (o->devices || (!o->users && !o->groups && !o->driver && !o->description &&
			   !o->reserved_for && !o->bind && !o->on_release && !o->memlock))
		return 0;
	fprintf(stderr, "devgroupctl: define: the options of a definition need --device.\n");
	return EXIT_USAGE;
}

int verb_define(struct cli *cli)
{
	_cleanup_define_ struct define define = { .cli = cli };
	_cleanup_free_ char *written = NULL;
	int r = cli_files_require_local(cli, "define");

	if (r)
		return r;
	r = verb_define_check_options(cli);
	if (r)
		return r;
	r = cli_define_read(cli, &define.wanted, &written);
	if (r)
		return r;
	r = cli_files_load(cli, &define.before);
	if (r)
		return r;
	if (cli_files_directories(cli, &define.directories) < 0)
		return cli_fail(-ENOMEM, "cannot define the group");
	define.directory = define.directories[cli->options.runtime ? FILES_RUN : FILES_ETC];
	return verb_define_groups(&define, written);
}
