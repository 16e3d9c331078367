/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * devgroupctl cat-config: prints the files of definitions, and which of them are in force. Needs
 * no daemon.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/fileio.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/host/cli-files.h"
#include "cli/print/cli-pager.h"
#include "cli/print/cli-term.h"
#include "model/config/config-dirs.h"
#include "model/json/codec.h"

/* Prints a remark about the files, as a line of its own between their texts. */
static void cat_config_remark(const char *format, ...) _printf_(1, 2);

static void cat_config_remark(const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = str_vprintf(format, ap);
	va_end(ap);
	if (text)
		printf("%s# %s%s\n", cli_term_begin(TINT_BOLD), utf8_clean(text),
		       cli_term_end(TINT_BOLD));
}

/* Prints the text of a file, or of a comment in it, with nothing that a terminal would act on. */
static void cat_config_print_text(char *text)
{
	size_t size = strlen(text);

	fputs(utf8_clean_lines(text), stdout);
	if (size > 0 && text[size - 1] != '\n')
		putchar('\n');
}

static bool cat_config_is_untrusted(const struct def_set *config, const char *path)
{
	VEC_FOREACH(const struct problem, problem, &config->problems)
		if (problem->untrusted && str_eq(problem->file, path))
			return true;
	return false;
}

static void cat_config_print_problems(const struct def_set *config, const char *path)
{
	VEC_FOREACH(const struct problem, problem, &config->problems) {
		if (!str_eq(problem->file, path))
			continue;
		cat_config_remark("%u:%u: %s: %s", problem->line, problem->column,
				  problem->warning ? "warning" : "error", problem->text);
	}
}

/* Prints which definitions in @file are not in force, and which replace them. */
static void cat_config_print_overridden(const struct def_set *config, const struct def_set *file,
					const char *path)
{
	VEC_FOREACH(const struct group_def, def, &file->groups) {
		const struct group_def *winner = def_set_find_group(config, def->name);

		if (!winner)
			cat_config_remark("line %u: group %s is left out", def->line, def->name);
		else if (!str_eq(winner->file, path))
			cat_config_remark("line %u: group %s is replaced by %s:%u", def->line,
					  def->name, winner->file, winner->line);
	}
	VEC_FOREACH(const struct vf_def, def, &file->sriov) {
		const struct vf_def *winner = def_set_find_vfs(config, def->device);

		if (winner && !str_eq(winner->file, path))
			cat_config_remark(
				"line %u: the virtual functions of %s are replaced by %s:%u",
				def->line, def->device, winner->file, winner->line);
	}
}

/*
 * Prints a file with the remarks about it. The text of a file that is not read is missing; the
 * remarks say why.
 */
static int cat_config_print_file(const struct def_set *config, const char *path)
{
	_cleanup_def_set_ struct def_set *alone = def_set_new();
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int r = fileio_read_at(AT_FDCWD, path, CONFIG_DIRS_MAX_FILE, &text, &size);

	if (!alone || r == -ENOMEM)
		return -ENOMEM;
	cat_config_remark("%s", path);
	cat_config_print_problems(config, path);
	if (r < 0 || cat_config_is_untrusted(config, path))
		return 0;
	r = parse_definitions(alone, path, text, size);
	if (r < 0)
		return r;
	if (def_set_has_errors(alone))
		cat_config_remark("nothing of this file is in force");
	cat_config_print_overridden(config, alone, path);
	cat_config_print_text(text);
	return 0;
}

static int cat_config_print_entry(const struct def_set *config, const struct config_dirs_file *file)
{
	switch (file->fate) {
	case CONFIG_DIRS_MASKED:
		cat_config_remark("%s masks all files of this name below it", file->path);
		return 0;
	case CONFIG_DIRS_HIDDEN:
		cat_config_remark("%s is %s by %s", file->path,
				  file->by->fate == CONFIG_DIRS_MASKED ? "masked" : "replaced",
				  file->by->path);
		return 0;
	default:
		return cat_config_print_file(config, file->path);
	}
}

static int cat_config_print_files(struct cli *cli, const struct def_set *config)
{
	_cleanup_strv_ char **directories = NULL;
	_cleanup_def_set_ struct def_set *ignored = def_set_new();
	_cleanup_config_dirs_files_ struct vec files = { 0 };
	int r;

	if (!ignored)
		return -ENOMEM;
	r = cli_files_directories(cli, &directories);
	if (r < 0)
		return r;
	r = config_dirs_list(ignored, (const char *const *)directories, &files);
	if (r < 0)
		return r;
	cli_pager_open(cli);
	STRV_FOREACH(directory, directories)
		cat_config_print_problems(config, *directory);
	VEC_FOREACH(const struct config_dirs_file, file, &files) {
		if (file_i > 0)
			putchar('\n');
		r = cat_config_print_entry(config, file);
		if (r < 0)
			return r;
	}
	return 0;
}

static int cat_config_print_json(const struct cli *cli, const struct def_set *config)
{
	_cleanup_free_ char *text = NULL;
	int r = codec_config_to_json(config, cli->options.json == CLI_JSON_PRETTY, &text);

	if (r < 0)
		return r;
	cli_json_print_text(text);
	return 0;
}

int verb_cat_config(struct cli *cli)
{
	_cleanup_def_set_ struct def_set *config = NULL;
	int r = cli_files_require_local(cli, "cat-config");

	if (r)
		return r;
	r = cli_files_load(cli, &config);
	if (r)
		return r;
	if (cli->options.json == CLI_JSON_OFF)
		r = cat_config_print_files(cli, config);
	else
		r = cat_config_print_json(cli, config);
	if (r < 0)
		return cli_fail(r, "cannot show the definitions");
	return 0;
}
