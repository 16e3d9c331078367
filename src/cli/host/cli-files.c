/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fileio.h"
#include "base/str.h"
#include "base/strv.h"
#include "cli/cli.h"
#include "cli/host/cli-files.h"
#include "model/config/config-dirs.h"

int cli_files_directories(const struct cli *cli, char ***ret)
{
	return config_dirs_below(cli->options.root, config_dirs_default, ret);
}

int cli_files_load_quirks(const struct cli *cli, struct def_set **ret)
{
	_cleanup_strv_ char **directories = NULL;
	int r = config_dirs_below(cli->options.root, config_dirs_quirks, &directories);

	if (r < 0)
		return cli_fail(r, "cannot read the quirks");
	r = config_dirs_load_quirks((const char *const *)directories, ret);
	if (r < 0)
		return cli_fail(r, "cannot read the quirks");
	return 0;
}

int cli_files_require_local(const struct cli *cli, const char *verb)
{
	const struct cli_options *o = &cli->options;

	if (!o->host && !o->machine)
		return 0;
	fprintf(stderr,
		"devgroupctl: %s works on the files of this machine only. Run it on the other "
		"machine, without -H and -M.\n",
		verb);
	return EXIT_USAGE;
}

int cli_files_load(const struct cli *cli, struct def_set **ret)
{
	_cleanup_strv_ char **directories = NULL;
	int r = cli_files_directories(cli, &directories);

	if (r < 0)
		return cli_fail(r, "cannot read the definitions");
	r = config_dirs_load((const char *const *)directories, ret);
	if (r < 0)
		return cli_fail(r, "cannot read the definitions");
	return 0;
}

static int cli_files_read_stream(FILE *from, size_t max, char **ret, size_t *ret_size)
{
	_cleanup_free_ char *text = NULL;
	size_t room = 1 << 16, size = 0, n = 1;

	while (n > 0) {
		char *more = realloc(text, room + 1);

		if (!more)
			return -ENOMEM;
		text = more;
		errno = 0;
		n = fread(text + size, 1, room - size, from);
		size += n;
		if (size > max)
			return -EFBIG;
		room += size == room ? room : 0;
	}
	if (ferror(from))
		return errno ? -errno : -EIO;
	text[size] = '\0';
	*ret = TAKE_PTR(text);
	*ret_size = size;
	return 0;
}

int cli_files_read(const char *name, size_t max, char **ret, size_t *ret_size)
{
	_cleanup_fclose_ FILE *file = NULL;

	if (str_eq(name, "-"))
		return cli_files_read_stream(stdin, max, ret, ret_size);
	file = fopen(name, "re");
	if (!file)
		return -errno;
	return cli_files_read_stream(file, max, ret, ret_size);
}

/* --- problems --- */

void cli_files_print_problem(FILE *to, const struct problem *problem)
{
	fputs(problem->file, to);
	if (problem->line)
		fprintf(to, ":%u:%u", problem->line, problem->column);
	fprintf(to, ": %s: %s\n", problem->warning ? "warning" : "error", problem->text);
}

void cli_files_print_problems(FILE *to, const struct def_set *config)
{
	VEC_FOREACH(const struct problem, problem, &config->problems)
		cli_files_print_problem(to, problem);
}

static json_object *cli_files_problem_to_json(const struct problem *problem)
{
	const char *severity = problem->warning ? "warning" : "error";

	return CLI_JSON_NEW({ "file", json_object_new_string(problem->file) },
			    { "line", json_object_new_int64(problem->line) },
			    { "column", json_object_new_int64(problem->column) },
			    { "severity", json_object_new_string(severity) },
			    { "text", json_object_new_string(problem->text) });
}

json_object *cli_files_problems_to_json(const struct def_set *config)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	VEC_FOREACH(const struct problem, problem, &config->problems)
		if (cli_json_append(list, cli_files_problem_to_json(problem)) < 0)
			return NULL;
	return TAKE_PTR(list);
}

int cli_files_fail(int error, const char *path)
{
	bool denied = error == -EACCES || error == -EPERM;

	fprintf(stderr, "devgroupctl: %s: %s.%s\n", path, strerror(-error),
		denied ? " Defining groups needs write access there, which usually only root has." :
			 "");
	return denied ? EXIT_DENIED : EXIT_FAILED;
}
