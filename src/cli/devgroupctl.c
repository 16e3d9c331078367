/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* devgroupctl: the table of verbs, help, and main(). Parses the command line and runs one verb. */

#include <locale.h>
#include <stdio.h>

#include "base/nearest.h"
#include "base/str.h"
#include "base/strv.h"
#include "cli/bus/cli-sender.h"
#include "cli/cli.h"
#include "cli/print/cli-pager.h"
#include "cli/print/cli-term.h"

#define CLAIM_OPTIONS                                                   \
	(CLI_OPTIONS_BIT(OPTION_LABEL) | CLI_OPTIONS_BIT(OPTION_WAIT) | \
	 CLI_OPTIONS_BIT(OPTION_FORCE))
#define RECORDED_HOST (CLI_OPTIONS_BIT(OPTION_HOST_FILE) | CLI_OPTIONS_BIT(OPTION_CONFIG_DIR))
/* Options of define: where to write, and the keys of the group. */
#define DEFINITION                                                             \
	(CLI_OPTIONS_BIT(OPTION_ROOT) | CLI_OPTIONS_BIT(OPTION_RUNTIME) |      \
	 CLI_OPTIONS_BIT(OPTION_REPLACE) | CLI_OPTIONS_BIT(OPTION_DEVICE) |    \
	 CLI_OPTIONS_BIT(OPTION_DRIVER) | CLI_OPTIONS_BIT(OPTION_USER) |       \
	 CLI_OPTIONS_BIT(OPTION_GROUP) | CLI_OPTIONS_BIT(OPTION_DESCRIPTION) | \
	 CLI_OPTIONS_BIT(OPTION_RESERVED_FOR) | CLI_OPTIONS_BIT(OPTION_BIND) | \
	 CLI_OPTIONS_BIT(OPTION_ON_RELEASE) | CLI_OPTIONS_BIT(OPTION_MEMLOCK))
#define COMMON_OPTIONS (CLI_OPTIONS_BIT(OPTION_COMMON) - 1)

static int devgroupctl_help(struct cli *cli);

static const struct verb verbs[] = {
	{ "list", 0, SIZE_MAX, verb_list,
	  CLI_OPTIONS_BIT(OPTION_ALL) | CLI_OPTIONS_BIT(OPTION_BRIDGES) |
		  CLI_OPTIONS_BIT(OPTION_DEVICES) | CLI_OPTIONS_BIT(OPTION_ASSIGNABLE) |
		  CLI_OPTIONS_BIT(OPTION_BLOCKED) | RECORDED_HOST,
	  "[GROUP…]", "List the groups (the default verb)" },
	{ "status", 0, 1, verb_status, 0, "[GROUP|DEVICE]",
	  "Show the state of the daemon, a group or a device" },
	{ "explain", 0, 1, verb_explain,
	  CLI_OPTIONS_BIT(OPTION_ROOT) | CLI_OPTIONS_BIT(OPTION_MEMORY) |
		  CLI_OPTIONS_BIT(OPTION_RULES) | RECORDED_HOST,
	  "[GROUP|DEVICE]", "Explain why devices move together, or report on this machine" },
	{ "plan", 2, 2, verb_plan,
	  CLI_OPTIONS_BIT(OPTION_LABEL) | CLI_OPTIONS_BIT(OPTION_FORCE) |
		  CLI_OPTIONS_BIT(OPTION_INTERFACE) | RECORDED_HOST,
	  "claim|release GROUP", "Show the steps and change nothing" },
	{ "claim", 1, 1, verb_claim,
	  CLAIM_OPTIONS | CLI_OPTIONS_BIT(OPTION_DRY_RUN) | CLI_OPTIONS_BIT(OPTION_INTERFACE) |
		  CLI_OPTIONS_BIT(OPTION_USER),
	  "GROUP", "Claim a group until it is released, for use in /dev/vfio" },
	{ "release", 1, 1, verb_release,
	  CLI_OPTIONS_BIT(OPTION_WAIT) | CLI_OPTIONS_BIT(OPTION_DRY_RUN), "GROUP",
	  "Release a group to its host drivers" },
	{ "reset", 1, 1, verb_reset, CLI_OPTIONS_BIT(OPTION_WAIT) | CLI_OPTIONS_BIT(OPTION_METHOD),
	  "GROUP", "Reset a dirty group and release it" },
	{ "run", 1, SIZE_MAX, verb_run,
	  CLAIM_OPTIONS | CLI_OPTIONS_BIT(OPTION_INTERFACE) | CLI_OPTIONS_BIT(OPTION_ACCESS),
	  "GROUP… -- COMMAND [ARG…]", "Run a command with the descriptors of groups" },
	{ "args", 1, SIZE_MAX, verb_args,
	  CLI_OPTIONS_BIT(OPTION_VMM) | CLI_OPTIONS_BIT(OPTION_INTERFACE) | RECORDED_HOST,
	  "GROUP… --vmm=NAME[:VERSION]", "Print the options of a VMM for the devices" },
	{ "cdi", 0, SIZE_MAX, verb_cdi, 0, "[GROUP…]",
	  "Print a specification of claimed groups for containers (CDI)" },
	{ "doctor", 0, 0, verb_doctor, RECORDED_HOST, "",
	  "Check whether this host can assign devices, and what it lacks" },
	{ "check", 0, SIZE_MAX, verb_check, CLI_OPTIONS_BIT(OPTION_ROOT) | RECORDED_HOST, "[FILE…]",
	  "Check the definitions for mistakes" },
	{ "define", 1, 1, verb_define, DEFINITION, "FILE|NAME",
	  "Define the groups of a file, or one with --device" },
	{ "undefine", 1, 1, verb_undefine,
	  CLI_OPTIONS_BIT(OPTION_ROOT) | CLI_OPTIONS_BIT(OPTION_RUNTIME) |
		  CLI_OPTIONS_BIT(OPTION_MASK),
	  "NAME", "Remove the definition of a group" },
	{ "cat-config", 0, 0, verb_cat_config, CLI_OPTIONS_BIT(OPTION_ROOT), "",
	  "Print the definitions in force and their files" },
	{ "snapshot", 0, 0, verb_snapshot, 0, "", "Print the inventory of this host as JSON" },
	{ "capsule", 0, 1, verb_capsule, 0, "[GROUP]",
	  "Print what a report of a bug needs, with names replaced" },
	{ "graph", 0, 0, verb_graph, CLI_OPTIONS_BIT(OPTION_TREE) | RECORDED_HOST, "",
	  "Draw devices, bridges and IOMMU groups, for Graphviz" },
	{ "monitor", 0, 0, verb_monitor, 0, "", "Print changes as they happen" },
	{ "reload", 0, 0, verb_reload, 0, "", "Make the daemon re-read its configuration" },
	{ "help", 0, 1, devgroupctl_help, 0, "[VERB]", "Show this help, or that of a verb" },
};

static void devgroupctl_refuse_verb(const char *name)
{
	const char *names[ARRAY_SIZE(verbs) + 1] = { 0 }, *nearest;

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		names[i] = verbs[i].name;
	nearest = nearest_find(name, names);
	fprintf(stderr, "devgroupctl: There is no verb %s.", name);
	if (nearest)
		fprintf(stderr, " Did you mean %s?", nearest);
	fprintf(stderr, "\nTry: devgroupctl --help\n");
}

static const struct verb *devgroupctl_find_verb(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (str_eq(verbs[i].name, name))
			return &verbs[i];
	devgroupctl_refuse_verb(name);
	return NULL;
}

/* --- help --- */

static void devgroupctl_print_help(void)
{
	printf("usage: devgroupctl [OPTION…] [VERB [ARG…]]\n\n"
	       "Lists the groups of devices of this host, claims and releases them for "
	       "passthrough.\n\n"
	       "Verbs:\n");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		_cleanup_free_ char *text = str_printf("%s %s", verbs[i].name, verbs[i].args);

		if (text)
			printf("  %s%*s %s\n", text,
			       (int)(cli_term_width(text) < 30 ? 30 - cli_term_width(text) : 0), "",
			       verbs[i].help);
	}
	printf("\nOptions:\n");
	cli_options_print_help(stdout, COMMON_OPTIONS);
	printf("\nOptions of a verb: devgroupctl help VERB. Manual: man devgroupctl\n");
}

static void devgroupctl_print_verb_help(const struct verb *verb)
{
	printf("usage: devgroupctl [OPTION…] %s %s\n\n%s.\n", verb->name, verb->args, verb->help);
	if (verb->options) {
		printf("\nOptions:\n");
		cli_options_print_help(stdout, verb->options);
	}
	printf("\nOptions of every verb:\n");
	cli_options_print_help(stdout, COMMON_OPTIONS);
}

static int devgroupctl_help(struct cli *cli)
{
	const struct verb *verb = NULL;

	if (cli->n_words > 0) {
		verb = devgroupctl_find_verb(cli->words[0]);
		if (!verb)
			return EXIT_USAGE;
	}
	cli_pager_open(cli);
	if (verb)
		devgroupctl_print_verb_help(verb);
	else
		devgroupctl_print_help();
	return 0;
}

/* --- run the verb --- */

/* Appends the words behind "--" to the other words. Only `run` takes them as a command. */
static void devgroupctl_join_words(struct cli_options *o)
{
	size_t n = strv_length(o->words);

	STRV_FOREACH(word, o->command)
		o->words[n++] = *word; /* the list has room for all of argv */
	o->command = NULL;
}

static int devgroupctl_check_usage(const struct cli *cli, const struct verb *verb)
{
	const char *unfit = cli_options_find_unfit(&cli->options, verb->options);

	if (unfit) {
		fprintf(stderr, "devgroupctl: The verb %s has no option --%s.\n", verb->name,
			unfit);
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

static int devgroupctl_run_verb(struct cli *cli)
{
	const char *name = cli->options.words[0];
	const struct verb *verb = devgroupctl_find_verb(name ? name : "list");
	int r;

	if (!verb)
		return EXIT_USAGE;
	if (verb->run != verb_run)
		devgroupctl_join_words(&cli->options);
	cli->words = cli->options.words + (name ? 1 : 0);
	cli->n_words = strv_length(cli->words);
	if (cli->options.help) {
		cli_pager_open(cli);
		devgroupctl_print_verb_help(verb);
		return 0;
	}
	r = devgroupctl_check_usage(cli, verb);
	if (r)
		return r;
	return verb->run(cli);
}

/* Reports a failed write: a full disk or a closed pipe must not look like an empty result. */
static int devgroupctl_finish_output(struct cli *cli, int r)
{
	if (cli_pager_close(cli) || r)
		return r;
	return cli_fail(-EIO, "cannot write the output");
}

static int devgroupctl_run(int argc, char **argv, struct cli *cli)
{
	if (cli_options_parse(argc, argv, &cli->options) < 0) {
		fprintf(stderr, "Try: devgroupctl --help\n");
		return EXIT_USAGE;
	}
	if (cli->options.version) {
		puts("devgroupctl " DG_VERSION);
		return 0;
	}
	if (cli->options.help && !cli->options.words[0])
		return devgroupctl_help(cli);
	return devgroupctl_run_verb(cli);
}

int main(int argc, char **argv)
{
	struct cli cli = { 0 };
	int r;

	setlocale(LC_CTYPE, "");
	cli_term_init();
	r = devgroupctl_run(argc, argv, &cli);
	r = devgroupctl_finish_output(&cli, r);
	cli_sender_forget(&cli);
	sd_bus_flush_close_unref(cli.bus);
	cli_options_clear(&cli.options);
	strv_free(cli.names);
	return r;
}
