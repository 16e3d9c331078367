/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/fileio.h"
#include "base/str.h"
#include "cli/cli-bus.h"
#include "cli/cli-files.h"
#include "cli/cli-pager.h"
#include "cli/cli-term.h"
#include "model/config/config-dirs.h"
#include "model/json/codec.h"

/* What is said of the files stands in lines of its own between their texts. */
static void remark(const char *format, ...) _printf_(1, 2);

static void remark(const char *format, ...)
{
	va_list ap;

	printf("%s# ", term_begin(TINT_BOLD));
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("%s\n", term_end(TINT_BOLD));
}

static void print_problems(const struct config *config, const char *path)
{
	VEC_FOREACH (const struct problem, problem, &config->problems) {
		if (!str_eq(problem->file, path))
			continue;
		remark("%u:%u: %s: %s", problem->line, problem->column,
		       problem->warning ? "warning" : "error", problem->text);
	}
}

/* Which of the definitions in @file are not those in force, and which are in their place. */
static void print_lost(const struct config *config, const struct config *file, const char *path)
{
	VEC_FOREACH (const struct groupdef, def, &file->groups) {
		const struct groupdef *winner = config_find(config, def->name);

		if (!winner)
			remark("line %u: group %s is left out", def->line, def->name);
		else if (!str_eq(winner->file, path))
			remark("line %u: group %s is replaced by %s:%u", def->line, def->name,
			       winner->file, winner->line);
	}
	VEC_FOREACH (const struct vfdef, def, &file->vfs) {
		const struct vfdef *winner = config_find_vfs(config, def->device);

		if (winner && !str_eq(winner->file, path))
			remark("line %u: the virtual functions of %s are replaced by %s:%u",
			       def->line, def->device, winner->file, winner->line);
	}
}

/* Without its text if that cannot be read, which is among the problems. */
static int print_file(const struct config *config, const char *path)
{
	_cleanup_config_ struct config *alone = config_new();
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int r = file_read_at(AT_FDCWD, path, CONFDIR_MAX_FILE, &text, &size);

	if (!alone || r == -ENOMEM)
		return -ENOMEM;
	remark("%s", path);
	print_problems(config, path);
	if (r < 0)
		return 0;
	r = config_parse(alone, path, text, size);
	if (r < 0)
		return r;
	if (config_has_errors(alone))
		remark("nothing of this file is in force");
	print_lost(config, alone, path);
	fwrite(text, 1, size, stdout);
	if (size > 0 && text[size - 1] != '\n')
		putchar('\n');
	return 0;
}

static int print_entry(const struct config *config, const struct confdir_file *file)
{
	switch (file->fate) {
	case CONFDIR_MASK:
		remark("%s masks all files of this name below it", file->path);
		return 0;
	case CONFDIR_HIDDEN:
		remark("%s is %s by %s", file->path,
		       file->by->fate == CONFDIR_MASK ? "masked" : "replaced", file->by->path);
		return 0;
	default:
		return print_file(config, file->path);
	}
}

static int print_files(struct cli *cli, const struct config *config)
{
	_cleanup_strv_ char **directories = NULL;
	_cleanup_config_ struct config *ignored = config_new();
	_cleanup_confdir_files_ struct vec files = { 0 };
	int r = ignored ? files_directories(cli, &directories) : -ENOMEM;

	if (r >= 0)
		r = confdir_list(ignored, (const char *const *)directories, &files);
	if (r < 0)
		return r;
	pager_open(cli);
	STRV_FOREACH(directory, directories)
		print_problems(config, *directory);
	VEC_FOREACH (const struct confdir_file, file, &files) {
		if (file_i > 0)
			putchar('\n');
		r = print_entry(config, file);
		if (r < 0)
			return r;
	}
	return 0;
}

static int print_json(const struct cli *cli, const struct config *config)
{
	_cleanup_free_ char *text = NULL;
	int r = config_to_json(config, cli->options.json == JSON_PRETTY, &text);

	if (r >= 0)
		puts(text);
	return r;
}

int verb_cat_config(struct cli *cli)
{
	_cleanup_config_ struct config *config = NULL;
	int r = files_are_here(cli, "cat-config");

	if (!r)
		r = files_load(cli, &config);
	if (r)
		return r;
	r = cli->options.json == JSON_OFF ? print_files(cli, config) : print_json(cli, config);
	return r < 0 ? cli_fail(r, "cannot show the definitions") : 0;
}
