/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* devgroupctl check: reports mistakes in definitions and quirks. Needs no daemon. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "base/strv.h"
#include "cli/cli.h"
#include "cli/host/cli-files.h"
#include "cli/host/cli-host.h"
#include "cli/host/cli-mistakes.h"
#include "model/config/config-dirs.h"

/* Reads @word to its end: "-", or a pipe such as the shell makes for "<(command)". */
static int verb_check_load_stream(struct def_set *config, const char *word)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = cli_files_read(word, CONFIG_DIRS_MAX_FILE, &text, &size);

	if (r == -ENOMEM)
		return r;
	if (r == -EFBIG)
		return def_set_add_problem(config, word, 0, 0, false,
					   "larger than %u bytes: not read", CONFIG_DIRS_MAX_FILE);
	if (r < 0)
		return def_set_add_problem(config, word, 0, 0, false, "cannot be read: %s",
					   strerror(-r));
	return parse_definitions(config, word, text, size);
}

/* Returns whether @word is "-", a pipe, or another name of a terminal that is standard input. */
static bool verb_check_is_stream(const char *word)
{
	struct stat st, input;

	if (str_eq(word, "-"))
		return true;
	if (stat(word, &st) < 0)
		return false;
	return S_ISFIFO(st.st_mode) || (S_ISCHR(st.st_mode) && fstat(STDIN_FILENO, &input) == 0 &&
					st.st_dev == input.st_dev && st.st_ino == input.st_ino);
}

static int verb_check_load_word(struct def_set *config, const char *word)
{
	if (verb_check_is_stream(word))
		return verb_check_load_stream(config, word);
	return config_dirs_load_file(config, word);
}

/* Reads all @words into @config. 0 or negative errno. */
static int verb_check_load_words(struct def_set *config, char *const *words)
{
	int r;

	STRV_FOREACH(word, words) {
		r = verb_check_load_word(config, *word);
		if (r < 0)
			return r;
	}
	return def_set_check_devices(config);
}

/* Loads the files of the command line in their order, as if there were no others. */
static int verb_check_load_named(const struct cli *cli, struct def_set **ret)
{
	_cleanup_def_set_ struct def_set *config = def_set_new();
	int r;

	if (!config)
		return cli_fail(-ENOMEM, "cannot check the definitions");
	config->kind = DEF_FILE_ANY;
	r = verb_check_load_words(config, cli->words);
	if (r < 0)
		return cli_fail(r, "cannot check the definitions");
	*ret = TAKE_PTR(config);
	return 0;
}

/* Adds the quirks that the daemon reads, and their problems behind those of the definitions. */
static int verb_check_add_quirks(const struct cli *cli, struct def_set *config)
{
	_cleanup_def_set_ struct def_set *quirks = NULL;
	int r = cli_files_load_quirks(cli, &quirks);

	if (r)
		return r;
	r = vec_move(&config->problems, &quirks->problems);
	if (r < 0)
		return cli_fail(r, "cannot check the quirks");
	r = vec_move(&config->quirks, &quirks->quirks);
	if (r < 0)
		return cli_fail(r, "cannot check the quirks");
	return 0;
}

static int verb_check_load(const struct cli *cli, struct def_set **ret)
{
	const char *const directories[] = { cli->options.config_dir, NULL };
	int r;

	if (cli->n_words > 0)
		return verb_check_load_named(cli, ret);
	if (directories[0]) {
		r = config_dirs_load(directories, ret);
		if (r < 0)
			return cli_fail(r, "cannot check the definitions");
		return 0;
	}
	r = cli_files_load(cli, ret);
	if (r)
		return r;
	return verb_check_add_quirks(cli, *ret);
}

/* Turns each blocker of @def on @host into a problem of its definition. */
static int verb_check_group(const struct cli_host *host, const struct group_def *def,
			    struct def_set *config)
{
	_cleanup_resolved_group_ struct resolved_group resolved = { 0 };
	int r;

	r = cli_host_resolve(host, def, &resolved);
	if (r < 0)
		return r;
	VEC_FOREACH(const struct blocker, blocker, &resolved.blockers) {
		r = def_set_add_problem(config, def->file, def->line, def->column, !blocker->hard,
					"the group \"%s\" on this host: %s: %s", def->name,
					blocker->code, blocker->text);
		if (r < 0)
			return r;
	}
	return 0;
}

static int verb_check_groups(struct cli_host *host, struct def_set *config)
{
	int r;

	r = cli_host_find_overlaps(host, config);
	if (r < 0)
		return r;
	VEC_FOREACH(const struct group_def, def, &config->groups) {
		r = verb_check_group(host, def, config);
		if (r < 0)
			return r;
	}
	return 0;
}

static int verb_check_on_host(struct cli *cli, struct def_set *config)
{
	_cleanup_host_ struct cli_host host = { 0 };
	int r;

	if (!cli->options.host_file && !cli->options.config_dir)
		return cli_mistakes_find(cli, config, NULL);
	r = cli_host_open(cli, &host);
	if (r)
		return r;
	r = verb_check_groups(&host, config);
	if (r < 0)
		return cli_fail(r, "cannot check the definitions");
	return 0;
}

static const char *verb_check_plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void verb_check_print_summary(const struct def_set *config)
{
	size_t errors = 0, warnings = 0;

	VEC_FOREACH(const struct problem, problem, &config->problems)
		*(problem->warning ? &warnings : &errors) += 1;
	fprintf(stderr,
		"%zu error%s, %zu warning%s; %zu group%s and %zu quirk%s without an error.\n",
		errors, verb_check_plural(errors), warnings, verb_check_plural(warnings),
		config->groups.n, verb_check_plural(config->groups.n), config->quirks.n,
		verb_check_plural(config->quirks.n));
}

static int verb_check_print(const struct cli *cli, const struct def_set *config)
{
	_cleanup_json_ json_object *problems = NULL;

	if (cli->options.json == CLI_JSON_OFF) {
		cli_files_print_problems(stdout, config);
		fflush(stdout);
		if (!cli->options.quiet)
			verb_check_print_summary(config);
		return 0;
	}
	problems = cli_files_problems_to_json(config);
	if (!problems)
		return cli_fail(-ENOMEM, "cannot show what was found");
	cli_json_print(problems, cli->options.json);
	return 0;
}

int verb_check(struct cli *cli)
{
	_cleanup_def_set_ struct def_set *config = NULL;
	int r = cli_files_require_local(cli, "check");

	if (r)
		return r;
	r = verb_check_load(cli, &config);
	if (r)
		return r;
	r = verb_check_on_host(cli, config);
	if (r)
		return r;
	r = verb_check_print(cli, config);
	if (r)
		return r;
	return def_set_has_errors(config) ? EXIT_FAILED : 0;
}
