/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <locale.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli-bus.h"
#include "cli/cli-pager.h"
#include "cli/cli-term.h"

#define CLAIM_OPTIONS                                                                              \
	(OPTION_BIT(OPTION_LABEL) | OPTION_BIT(OPTION_WAIT) | OPTION_BIT(OPTION_FORCE))
#define RECORDED_HOST (OPTION_BIT(OPTION_HOST_FILE) | OPTION_BIT(OPTION_CONFIG_DIR))
/* Of define: where to, and what the group is to be. */
#define DEFINITION                                                                                 \
	(OPTION_BIT(OPTION_ROOT) | OPTION_BIT(OPTION_RUNTIME) | OPTION_BIT(OPTION_REPLACE) |       \
	 OPTION_BIT(OPTION_DEVICE) | OPTION_BIT(OPTION_DRIVER) | OPTION_BIT(OPTION_USER) |         \
	 OPTION_BIT(OPTION_GROUP) | OPTION_BIT(OPTION_DESCRIPTION) |                               \
	 OPTION_BIT(OPTION_RESERVED_FOR) | OPTION_BIT(OPTION_BIND) | OPTION_BIT(OPTION_ON_RELEASE))
#define COMMON_OPTIONS (OPTION_BIT(OPTION_COMMON) - 1)

static int verb_help(struct cli *cli);

static const struct verb verbs[] = {
	{ "list", 0, SIZE_MAX, verb_list,
	  OPTION_BIT(OPTION_ALL) | OPTION_BIT(OPTION_DEVICES) | OPTION_BIT(OPTION_ASSIGNABLE) |
		  OPTION_BIT(OPTION_BLOCKED) | RECORDED_HOST,
	  "[GROUP…]", "List the groups (this is what no verb means)" },
	{ "status", 0, 1, verb_status, 0, "[GROUP|DEVICE]",
	  "Show the daemon, or all about a group or device" },
	{ "explain", 0, 1, verb_explain,
	  OPTION_BIT(OPTION_ROOT) | OPTION_BIT(OPTION_MEMORY) | RECORDED_HOST, "[GROUP|DEVICE]",
	  "Show why devices move together, or what is to be said of the whole machine" },
	{ "plan", 2, 2, verb_plan,
	  OPTION_BIT(OPTION_LABEL) | OPTION_BIT(OPTION_FORCE) | OPTION_BIT(OPTION_INTERFACE) |
		  RECORDED_HOST,
	  "claim|release GROUP", "Show the steps and change nothing" },
	{ "claim", 1, 1, verb_claim,
	  CLAIM_OPTIONS | OPTION_BIT(OPTION_DRY_RUN) | OPTION_BIT(OPTION_INTERFACE) |
		  OPTION_BIT(OPTION_USER),
	  "GROUP",
	  "Take a group until it is released, to be opened in /dev/vfio" },
	{ "release", 1, 1, verb_release, OPTION_BIT(OPTION_WAIT) | OPTION_BIT(OPTION_DRY_RUN),
	  "GROUP", "Give a group back to its host drivers" },
	{ "reset", 1, 1, verb_reset, OPTION_BIT(OPTION_WAIT) | OPTION_BIT(OPTION_METHOD), "GROUP",
	  "Reset a group that is dirty, and give it back" },
	{ "run", 1, SIZE_MAX, verb_run, CLAIM_OPTIONS | OPTION_BIT(OPTION_INTERFACE) | OPTION_BIT(OPTION_ACCESS),
	  "GROUP… -- COMMAND [ARG…]", "Run a command with the descriptors of groups" },
	{ "args", 1, SIZE_MAX, verb_args,
	  OPTION_BIT(OPTION_VMM) | OPTION_BIT(OPTION_INTERFACE) | RECORDED_HOST, "GROUP… --vmm=NAME[:VERSION]",
	  "Print what a VMM is to be told of the devices" },
	{ "cdi", 0, SIZE_MAX, verb_cdi, 0, "[GROUP…]", "Print what container engines are to know of claimed groups (CDI)" },
	{ "doctor", 0, 0, verb_doctor, RECORDED_HOST, "", "Tell whether this host can lend devices, and what it lacks" },
	{ "check", 0, SIZE_MAX, verb_check, OPTION_BIT(OPTION_ROOT) | RECORDED_HOST, "[FILE…]",
	  "Look for mistakes in the definitions" },
	{ "define", 1, 1, verb_define, DEFINITION, "FILE|NAME",
	  "Define the groups of a file, or one with --device" },
	{ "undefine", 1, 1, verb_undefine,
	  OPTION_BIT(OPTION_ROOT) | OPTION_BIT(OPTION_RUNTIME) | OPTION_BIT(OPTION_MASK), "NAME",
	  "Remove the definition of a group" },
	{ "cat-config", 0, 0, verb_cat_config, OPTION_BIT(OPTION_ROOT), "",
	  "Print the definitions in force and where they are from" },
	{ "snapshot", 0, 0, verb_snapshot, 0, "", "Print all that is known of this host, as JSON" },
	{ "graph", 0, 0, verb_graph, OPTION_BIT(OPTION_TREE) | RECORDED_HOST, "",
	  "Draw devices, bridges and IOMMU groups, for Graphviz" },
	{ "monitor", 0, 0, verb_monitor, 0, "", "Print what happens as it happens" },
	{ "reload", 0, 0, verb_reload, 0, "", "Let the daemon read its configuration again" },
	{ "help", 0, 1, verb_help, 0, "[VERB]", "Show this help, or that of a verb" },
};

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (str_eq(verbs[i].name, name))
			return &verbs[i];
	fprintf(stderr, "devgroupctl: There is no verb %s.\nTry: devgroupctl --help\n", name);
	return NULL;
}

/* --- help ------------------------------------------------------------------------------------ */
static void print_help(void)
{
	printf("usage: devgroupctl [OPTION…] [VERB [ARG…]]\n\n"
	       "Lists the groups of devices of this host, claims and releases them for "
	       "passthrough.\n\n"
	       "Verbs:\n");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		_cleanup_free_ char *text = str_printf("%s %s", verbs[i].name, verbs[i].args);

		if (text)
			printf("  %s%*s %s\n", text,
			       (int)(term_width(text) < 30 ? 30 - term_width(text) : 0), "",
			       verbs[i].help);
	}
	printf("\nOptions:\n");
	options_print_help(stdout, COMMON_OPTIONS);
	printf("\nOptions of a verb: devgroupctl help VERB. All the rest: man devgroupctl\n");
}

static void print_verb_help(const struct verb *verb)
{
	printf("usage: devgroupctl [OPTION…] %s %s\n\n%s.\n", verb->name, verb->args, verb->help);
	if (verb->options) {
		printf("\nOptions:\n");
		options_print_help(stdout, verb->options);
	}
	printf("\nOptions of every verb:\n");
	options_print_help(stdout, COMMON_OPTIONS);
}

static int verb_help(struct cli *cli)
{
	const struct verb *verb = NULL;

	if (cli->n_words > 0) {
		verb = find_verb(cli->words[0]);
		if (!verb)
			return EXIT_USAGE;
	}
	pager_open(cli);
	if (verb)
		print_verb_help(verb);
	else
		print_help();
	return 0;
}

/* --- the verb that was asked for ------------------------------------------------------------- */

/* For `run` what follows "--" is the command; for any other it is words that look like options. */
static int join_words(struct options *o, bool takes_command)
{
	size_t n = strv_length(o->words);

	if (takes_command || !o->command)
		return 0;
	STRV_FOREACH(word, o->command)
	o->words[n++] = *word; /* room for all of argv */
	o->command = NULL;
	return 0;
}

static int check_usage(const struct cli *cli, const struct verb *verb)
{
	const char *unfit = options_unfit(&cli->options, verb->options);

	if (unfit) {
		fprintf(stderr, "devgroupctl: %s takes no --%s.\n", verb->name, unfit);
	} else if (verb->run == verb_run && (!cli->options.command || !cli->options.command[0])) {
		fprintf(stderr, "devgroupctl: run: \"--\" and a command must follow the groups.\n");
	} else if (cli->n_words < verb->min) {
		fprintf(stderr, "devgroupctl: %s: too few arguments.\n", verb->name);
	} else if (cli->n_words > verb->max) {
		fprintf(stderr, "devgroupctl: %s: %s is one argument too many.\n", verb->name,
			cli->words[verb->max]);
	} else {
		return 0;
	}
	fprintf(stderr, "usage: devgroupctl %s %s\n", verb->name, verb->args);
	return EXIT_USAGE;
}

static int run_verb(struct cli *cli)
{
	const char *name = cli->options.words[0];
	const struct verb *verb = find_verb(name ? name : "list");
	int r;

	if (!verb)
		return EXIT_USAGE;
	r = join_words(&cli->options, verb->run == verb_run);
	if (r < 0)
		return cli_fail(r, "cannot read the command line");
	cli->words = cli->options.words + (name ? 1 : 0);
	cli->n_words = strv_length(cli->words);
	if (cli->options.help) {
		pager_open(cli);
		print_verb_help(verb);
		return 0;
	}
	r = check_usage(cli, verb);
	return r ? r : verb->run(cli);
}

/* A full disk or a closed pipe must not look like an empty result. */
static int finish_output(struct cli *cli, int r)
{
	bool failed = fflush(stdout) != 0 || ferror(stdout);

	pager_close(cli);
	if (!failed || r)
		return r;
	return cli_fail(-EIO, "cannot write the output");
}

int main(int argc, char **argv)
{
	struct cli cli = { 0 };
	int r;

	setlocale(LC_CTYPE, "");
	term_init();
	/* getopt_long() names the program in its own messages */
	argv[0] = program_invocation_short_name;
	r = options_parse(argc, argv, &cli.options);
	if (r < 0) {
		fprintf(stderr, "Try: devgroupctl --help\n");
		r = EXIT_USAGE;
	} else if (cli.options.version) {
		puts("devgroupctl " DG_VERSION);
		r = 0;
	} else if (cli.options.help && !cli.options.words[0]) {
		r = verb_help(&cli);
	} else {
		r = run_verb(&cli);
	}
	r = finish_output(&cli, r);
	sd_bus_flush_close_unref(cli.bus);
	options_clear(&cli.options);
	return r;
}
