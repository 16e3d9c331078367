/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli-bus.h"
#include "cli/cli-files.h"
#include "cli/cli-host.h"
#include "model/config/config-dirs.h"

static int load_stdin(struct config *config)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = files_read_stdin(CONFDIR_MAX_FILE, &text, &size);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return config_add_problem(config, "-", 0, 0, false, "cannot be read: %s",
					  strerror(-r));
	return config_parse(config, "-", text, size);
}

/* The files of the command line, in their order, as if there were no others. */
static int load_named(const struct cli *cli, struct config **ret)
{
	_cleanup_config_ struct config *config = config_new();
	int r = config ? 0 : -ENOMEM;

	if (config)
		config->kind = CONFIG_ANY;
	for (size_t i = 0; r >= 0 && i < cli->n_words; i++)
		r = str_eq(cli->words[i], "-") ? load_stdin(config)
					       : confdir_load_file(config, cli->words[i]);
	if (r >= 0)
		r = config_check_devices(config);
	if (r < 0)
		return cli_fail(r, "cannot check the definitions");
	*ret = TAKE_PTR(config);
	return 0;
}

/* What the daemon reads besides: their problems go behind those of the definitions. */
static int add_quirks(const struct cli *cli, struct config *config)
{
	_cleanup_config_ struct config *quirks = NULL;
	int r = files_load_quirks(cli, &quirks);

	if (r)
		return r;
	r = vec_move(&config->problems, &quirks->problems);
	if (r >= 0)
		r = vec_move(&config->quirks, &quirks->quirks);
	return r < 0 ? cli_fail(r, "cannot check the quirks") : 0;
}

static int load(const struct cli *cli, struct config **ret)
{
	const char *const directories[] = { cli->options.config_dir, NULL };
	int r;

	if (cli->n_words > 0)
		return load_named(cli, ret);
	if (!directories[0]) {
		r = files_load(cli, ret);
		return r ? r : add_quirks(cli, *ret);
	}
	r = confdir_load(directories, ret);
	return r < 0 ? cli_fail(r, "cannot check the definitions") : 0;
}

/* What stands against @def on @host becomes a problem of its definition. */
static int check_group(const struct host *host, const struct groupdef *def, struct config *config)
{
	_cleanup_groupview_ struct groupview view = { 0 };
	int r = host_resolve(host, def, &view);

	VEC_FOREACH (const struct blocker, blocker, &view.blockers)
		if (r >= 0)
			r = config_add_problem(config, def->file, def->line, def->column,
					       !blocker->hard, "the group \"%s\" on this host: %s: %s",
					       def->name, blocker->code, blocker->text);
	return r;
}

static int check_on_host(struct cli *cli, struct config *config)
{
	_cleanup_host_ struct host host = { 0 };
	int r;

	if (!cli->options.host_file && !cli->options.config_dir)
		return 0;
	r = host_open(cli, &host);
	if (r)
		return r;
	r = host_compare(&host, config);
	VEC_FOREACH (const struct groupdef, def, &config->groups)
		if (r >= 0)
			r = check_group(&host, def, config);
	return r < 0 ? cli_fail(r, "cannot check the definitions") : 0;
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void print_summary(const struct config *config)
{
	size_t errors = 0, warnings = 0;

	VEC_FOREACH (const struct problem, problem, &config->problems)
		*(problem->warning ? &warnings : &errors) += 1;
	fprintf(stderr, "%zu error%s, %zu warning%s; %zu group%s and %zu quirk%s without an error.\n",
		errors, plural(errors), warnings, plural(warnings), config->groups.n,
		plural(config->groups.n), config->quirks.n, plural(config->quirks.n));
}

int verb_check(struct cli *cli)
{
	_cleanup_config_ struct config *config = NULL;
	_cleanup_json_ json_object *problems = NULL;
	int r = files_are_here(cli, "check");

	if (!r)
		r = load(cli, &config);
	if (!r)
		r = check_on_host(cli, config);
	if (r)
		return r;
	if (cli->options.json == JSON_OFF) {
		files_print_problems(stdout, config);
		fflush(stdout);
		if (!cli->options.quiet)
			print_summary(config);
	} else {
		problems = files_problems(config);
		if (!problems)
			return cli_fail(-ENOMEM, "cannot show what was found");
		js_print(problems, cli->options.json);
	}
	return config_has_errors(config) ? EXIT_FAILED : 0;
}
