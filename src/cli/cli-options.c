/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "base/str.h"
#include "base/strv.h"
#include "cli/cli-options.h"

/* Values of getopt_long(): an option with a letter has that letter, other options start here. */
#define VALUE_BASE 256

/* One year, in seconds. Adding it to the clock cannot overflow. */
#define WAIT_MAX 31536000.0

enum option_kind {
	KIND_SWITCH,	   /* bool */
	KIND_TEXT,	   /* const char *: the argument itself */
	KIND_LIST,	   /* char **: the arguments of all uses */
	KIND_SECONDS,	   /* uint64_t, µs */
	KIND_JSON,	   /* enum cli_json_mode */
	KIND_JSON_DEFAULT, /* the same, without an argument */
};

static const char *const json_words[] = {
	[CLI_JSON_OFF] = "off",
	[CLI_JSON_SHORT] = "short",
	[CLI_JSON_PRETTY] = "pretty",
	NULL,
};
static const char *const interface_words[] = { "auto", "group", "iommufd", NULL };
static const char *const access_words[] = { "fd", "node", NULL };

#define FIELD(member) offsetof(struct cli_options, member)

/* One row for each option. Its kind and offset say how the argument fills struct cli_options. */
static const struct option_row {
	const char *name;
	char letter;
	const char *arg; /* NULL: it takes no argument */
	const char *help;
	enum option_kind kind;
	size_t offset;
	const char *const *words; /* the arguments that are allowed; NULL: any */
} option_rows[OPTION_COUNT] = {
	[OPTION_HELP] = { "help", 'h', NULL, "Show this help, or that of the verb", KIND_SWITCH,
			  FIELD(help) },
	[OPTION_VERSION] = { "version", 0, NULL, "Show the version", KIND_SWITCH, FIELD(version) },
	[OPTION_JSON] = { "json", 0, "MODE", "Print JSON: short, pretty or off", KIND_JSON,
			  FIELD(json), json_words },
	[OPTION_J] = { NULL, 'j', NULL, "--json=pretty on a terminal, --json=short elsewhere",
		       KIND_JSON_DEFAULT, FIELD(json) },
	[OPTION_HOST] = { NULL, 'H', "HOST", "Ask the daemon of another host, over ssh", KIND_TEXT,
			  FIELD(host) },
	[OPTION_MACHINE] = { "machine", 'M', "NAME", "Ask the daemon in a local container",
			     KIND_TEXT, FIELD(machine) },
	[OPTION_NO_PAGER] = { "no-pager", 0, NULL, "Do not pipe the output into a pager",
			      KIND_SWITCH, FIELD(no_pager) },
	[OPTION_NO_LEGEND] = { "no-legend", 0, NULL, "Leave out column headers and totals",
			       KIND_SWITCH, FIELD(no_legend) },
	[OPTION_NO_ASK_PASSWORD] = { "no-ask-password", 0, NULL,
				     "Fail rather than ask for a password", KIND_SWITCH,
				     FIELD(no_ask_password) },
	[OPTION_QUIET] = { "quiet", 'q', NULL, "Print only results and errors", KIND_SWITCH,
			   FIELD(quiet) },
	[OPTION_VERBOSE] = { "verbose", 'v', NULL, "Show each step, also without a terminal",
			     KIND_SWITCH, FIELD(verbose) },
	[OPTION_ALL] = { "all", 'a', NULL, "Also IOMMU groups without a definition, with devices",
			 KIND_SWITCH, FIELD(all) },
	[OPTION_BRIDGES] = { "bridges", 0, NULL, "With --all: also groups of bridges alone",
			     KIND_SWITCH, FIELD(bridges) },
	[OPTION_DEVICES] = { "devices", 'd', NULL, "A line for each device below its group",
			     KIND_SWITCH, FIELD(devices) },
	[OPTION_LABEL] = { "label", 0, "TEXT", "Purpose of the claim, e.g. the name of the VM",
			   KIND_TEXT, FIELD(label) },
	[OPTION_WAIT] = { "wait", 0, "SECONDS", "Wait this long for a group or device in use",
			  KIND_SECONDS, FIELD(wait) },
	[OPTION_FORCE] = { "force", 'f', NULL, "Override soft blockers", KIND_SWITCH,
			   FIELD(force) },
	[OPTION_DRY_RUN] = { "dry-run", 'n', NULL, "Show the steps and change nothing", KIND_SWITCH,
			     FIELD(dry_run) },
	[OPTION_INTERFACE] = { "interface", 0, "NAME",
			       "Descriptors or nodes to ask for: auto, group or iommufd", KIND_TEXT,
			       FIELD(interface), interface_words },
	[OPTION_ACCESS] = { "access", 0, "HOW",
			    "fd (descriptors), or node: COMMAND opens paths itself", KIND_TEXT,
			    FIELD(access), access_words },
	[OPTION_VMM] = { "vmm", 0, "NAME[:VERSION]", "qemu, cloud-hypervisor, crosvm or libvirt",
			 KIND_TEXT, FIELD(vmm) },
	[OPTION_MEMORY] = { "memory", 0, "SIZE", "Memory of the VM that gets the devices, e.g. 16G",
			    KIND_TEXT, FIELD(memory) },
	[OPTION_RULES] = { "rules", 0, "VERSION",
			   "Compare with the groups of another kernel: kernel-6.12, or next",
			   KIND_TEXT, FIELD(rules) },
	[OPTION_METHOD] = { "method", 0, "NAME", "Reset method: a word of reset_method, or none",
			    KIND_TEXT, FIELD(method) },
	[OPTION_HOST_FILE] = { "host", 0, "FILE",
			       "A recorded host: a snapshot, or lspci -xxxx; - is standard input",
			       KIND_TEXT, FIELD(host_file) },
	[OPTION_CONFIG_DIR] = { "config-dir", 0, "DIR", "With --host: read the definitions in DIR",
				KIND_TEXT, FIELD(config_dir) },
	[OPTION_ASSIGNABLE] = { "assignable", 0, NULL, "Only what can be claimed now", KIND_SWITCH,
				FIELD(assignable) },
	[OPTION_BLOCKED] = { "blocked", 0, NULL, "Only what cannot be claimed now, and why",
			     KIND_SWITCH, FIELD(blocked) },
	[OPTION_TREE] = { "tree", 0, NULL, "Plain text instead of Graphviz", KIND_SWITCH,
			  FIELD(tree) },
	[OPTION_ROOT] = { "root", 0, "DIR", "Work on the files below DIR", KIND_TEXT, FIELD(root) },
	[OPTION_RUNTIME] = { "runtime", 0, NULL, "Until the next boot: in /run instead of /etc",
			     KIND_SWITCH, FIELD(runtime) },
	[OPTION_REPLACE] = { "replace", 0, NULL, "Replace another definition of the group",
			     KIND_SWITCH, FIELD(replace) },
	[OPTION_MASK] = { "mask", 0, NULL, "Mask the file with a link to /dev/null", KIND_SWITCH,
			  FIELD(mask) },
	[OPTION_DEVICE] = { "device", 0, "DEVICE", "Address or selector; may be repeated",
			    KIND_LIST, FIELD(definition.devices) },
	[OPTION_DRIVER] = { "driver", 0, "NAME", "The driver of claimed devices", KIND_TEXT,
			    FIELD(definition.driver) },
	[OPTION_USER] = { "user", 0, "USER", "User that may claim (repeatable), or owns the claim",
			  KIND_LIST, FIELD(definition.users) },
	[OPTION_GROUP] = { "group", 0, "GROUP",
			   "Unix group whose members may claim; may be repeated", KIND_LIST,
			   FIELD(definition.groups) },
	[OPTION_DESCRIPTION] = { "description", 0, "TEXT", "Description of the group, one line",
				 KIND_TEXT, FIELD(definition.description) },
	[OPTION_RESERVED_FOR] = { "reserved-for", 0, "LABEL",
				  "Reserve the group for claims with this label", KIND_TEXT,
				  FIELD(definition.reserved_for) },
	[OPTION_BIND] = { "bind", 0, "WHEN", "When to take devices from host drivers: claim, boot",
			  KIND_TEXT, FIELD(definition.bind) },
	[OPTION_ON_RELEASE] = { "on-release", 0, "WHAT", "After the release: restore, keep or none",
				KIND_TEXT, FIELD(definition.on_release) },
	[OPTION_MEMLOCK] = { "memlock", 0, "SIZE",
			     "Memory that the claimer may lock: a little more than the VM has",
			     KIND_TEXT, FIELD(definition.memlock) },
};

static int cli_options_getopt_value(size_t id)
{
	return option_rows[id].letter ? option_rows[id].letter : VALUE_BASE + (int)id;
}

static size_t cli_options_find_id(int value)
{
	size_t id = 0;

	while (id < OPTION_COUNT && cli_options_getopt_value(id) != value)
		id++;
	return id;
}

/* --- mistakes --- */

/* Prints " Did you mean PREFIXword?", if one of @words resembles @arg, and ends the line. */
static void cli_options_end_message(const char *arg, const char *prefix, const char *const *words)
{
	const char *nearest = nearest_find(arg, words);

	if (nearest)
		fprintf(stderr, " Did you mean %s%s?", prefix, nearest);
	fputc('\n', stderr);
}

/* Refuses the long option @name, which is unknown or the start of several. */
static void cli_options_refuse_long(const char *name, size_t n)
{
	_cleanup_free_ char *word = strndup(name, n);
	const char *names[OPTION_COUNT + 1] = { 0 };
	size_t n_names = 0, n_starts = 0;

	if (!word)
		return;
	for (size_t id = 0; id < OPTION_COUNT; id++) {
		if (!option_rows[id].name)
			continue;
		names[n_names++] = option_rows[id].name;
		n_starts += str_starts(option_rows[id].name, word);
	}
	if (n_starts < 2) {
		fprintf(stderr, "devgroupctl: There is no option --%s.", word);
		cli_options_end_message(word, "--", names);
		return;
	}
	fprintf(stderr, "devgroupctl: --%s is the start of several options:", word);
	for (size_t i = 0; names[i]; i++)
		if (str_starts(names[i], word))
			fprintf(stderr, " --%s", names[i]);
	fputs(". Write the whole option.\n", stderr);
}

/* Explains why getopt_long() did not take @arg. @id is that of the option, if there is one. */
static void cli_options_refuse(const char *arg, size_t id)
{
	bool is_long = str_starts(arg, "--");

	if (id == OPTION_COUNT && is_long)
		cli_options_refuse_long(arg + 2, strcspn(arg + 2, "="));
	else if (id == OPTION_COUNT)
		fprintf(stderr, "devgroupctl: There is no option -%c.\n", optopt);
	else if (!option_rows[id].arg)
		fprintf(stderr, "devgroupctl: The option --%s takes no value.\n",
			option_rows[id].name);
	else if (is_long || !option_rows[id].letter)
		fprintf(stderr, "devgroupctl: The option --%s needs a value: --%s=%s.\n",
			option_rows[id].name, option_rows[id].name, option_rows[id].arg);
	else
		fprintf(stderr, "devgroupctl: The option -%c needs a value: -%c %s.\n",
			option_rows[id].letter, option_rows[id].letter, option_rows[id].arg);
}

/* --- values --- */

/* Returns the index of @arg in the words of @row, or -EINVAL with a message. */
static int cli_options_find_word(const struct option_row *row, const char *arg)
{
	_cleanup_free_ char *expected = NULL;

	for (int i = 0; row->words[i]; i++)
		if (str_eq(arg, row->words[i]))
			return i;
	expected = strv_join((char *const *)row->words, ", ");
	fprintf(stderr, "devgroupctl: --%s=%s is invalid: expected one of %s.", row->name, arg,
		str_or(expected, ""));
	cli_options_end_message(arg, "", row->words);
	return -EINVAL;
}

static int cli_options_parse_seconds(const struct option_row *row, const char *arg, uint64_t *ret)
{
	double seconds;
	char *end;

	errno = 0;
	seconds = strtod(arg, &end);
	if (end == arg || *end || errno || !isfinite(seconds) || seconds < 0 ||
	    seconds > WAIT_MAX) {
		fprintf(stderr, "devgroupctl: --%s=%s is invalid: expected a number of seconds.\n",
			row->name, arg);
		return -EINVAL;
	}
	*ret = (uint64_t)(seconds * 1e6);
	return 0;
}

/* Stores @arg in the field of @row. @arg is NULL for an option without an argument. */
static int cli_options_set(struct cli_options *o, const struct option_row *row, char *arg)
{
	void *field = (char *)o + row->offset;
	int word = 0;

	if (row->words) {
		word = cli_options_find_word(row, arg);
		if (word < 0)
			return word;
	}
	switch (row->kind) {
	case KIND_SWITCH:
		*(bool *)field = true;
		return 0;
	case KIND_TEXT:
		*(const char **)field = arg;
		return 0;
	case KIND_LIST:
		return strv_add(field, arg);
	case KIND_SECONDS:
		return cli_options_parse_seconds(row, arg, field);
	case KIND_JSON:
		*(enum cli_json_mode *)field = (enum cli_json_mode)word;
		return 0;
	case KIND_JSON_DEFAULT:
		*(enum cli_json_mode *)field =
			isatty(STDOUT_FILENO) ? CLI_JSON_PRETTY : CLI_JSON_SHORT;
		return 0;
	}
	return -EINVAL;
}

/*
 * Fills the tables of getopt_long(). The leading "-" makes it return words in their place, as value
 * 1, and reorder nothing.
 */
static void cli_options_make_getopt_tables(char letters[static 2 * OPTION_COUNT + 3],
					   struct option longs[static OPTION_COUNT + 1])
{
	char *at = letters;
	size_t n = 0;

	*at++ = '-';
	*at++ = ':'; /* a missing value is a result of its own, ':' */
	for (size_t id = 0; id < OPTION_COUNT; id++) {
		if (option_rows[id].letter)
			*at++ = option_rows[id].letter;
		if (option_rows[id].letter && option_rows[id].arg)
			*at++ = ':';
		if (option_rows[id].name)
			longs[n++] = (struct option){
				.name = option_rows[id].name,
				.has_arg = option_rows[id].arg ? required_argument : no_argument,
				.val = cli_options_getopt_value(id),
			};
	}
	*at = '\0';
	longs[n] = (struct option){ 0 };
}

/* Handles one result of getopt_long(): a word, an option, or a mistake in @arg. */
static int cli_options_take(struct cli_options *o, int value, const char *arg, size_t *n_words)
{
	size_t id = cli_options_find_id(value);

	if (value == 1) {
		o->words[(*n_words)++] = optarg;
		return 0;
	}
	if (id == OPTION_COUNT) {
		cli_options_refuse(arg, optopt ? cli_options_find_id(optopt) : OPTION_COUNT);
		return -EINVAL;
	}
	o->given |= CLI_OPTIONS_BIT(id);
	return cli_options_set(o, &option_rows[id], optarg);
}

/*
 * Moves each --host that no file follows, which means this host, behind all others. Words behind
 * "--" belong to another program. Returns the number of the words that are left.
 */
static int cli_options_drop_bare_host(int argc, char **argv)
{
	for (int i = 1; i < argc && !str_eq(argv[i], "--"); i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : "--";
		char *word = argv[i];

		if (!str_eq(word, "--host") || next[0] != '-' || !next[1])
			continue;
		memmove(argv + i, argv + i + 1, (size_t)(argc - i - 1) * sizeof(*argv));
		argv[--argc] = word;
		i--;
	}
	return argc;
}

int cli_options_parse(int argc, char **argv, struct cli_options *ret)
{
	char letters[2 * OPTION_COUNT + 3];
	struct option longs[OPTION_COUNT + 1];
	size_t n_words = 0;
	int at, value, r;

	*ret = (struct cli_options){ .words = calloc((size_t)argc + 1, sizeof(char *)) };
	if (!ret->words)
		return -ENOMEM;
	cli_options_make_getopt_tables(letters, longs);
	argc = cli_options_drop_bare_host(argc, argv);
	opterr = 0; /* cli_options_refuse() has the messages */
	optind = 0; /* not 1: with 0 glibc starts from scratch, which the unit tests need */
	for (;;) {
		at = optind ? optind : 1;
		value = getopt_long(argc, argv, letters, longs, NULL);
		if (value < 0)
			break;
		r = cli_options_take(ret, value, argv[at], &n_words);
		if (r < 0)
			return r;
	}
	/* @at is where the last call started. A "--" elsewhere is an argument of an option. */
	if (at < argc && str_eq(argv[at], "--"))
		ret->command = argv + at + 1;
	return 0;
}

void cli_options_clear(struct cli_options *options)
{
	free(options->words);
	strv_free(options->definition.devices);
	strv_free(options->definition.users);
	strv_free(options->definition.groups);
	*options = (struct cli_options){ 0 };
}

const uint64_t *cli_options_wait(const struct cli_options *options)
{
	return options->given & CLI_OPTIONS_BIT(OPTION_WAIT) ? &options->wait : NULL;
}

const char *cli_options_find_unfit(const struct cli_options *options, uint64_t allowed)
{
	for (size_t id = OPTION_COMMON; id < OPTION_COUNT; id++)
		if (options->given & ~allowed & CLI_OPTIONS_BIT(id))
			return option_rows[id].name;
	return NULL;
}

void cli_options_print_help(FILE *to, uint64_t ids)
{
	for (size_t id = 0; id < OPTION_COUNT; id++) {
		const struct option_row *row = &option_rows[id];
		char text[40] = "";
		size_t n = 0;

		if (!(ids & CLI_OPTIONS_BIT(id)))
			continue;
		if (row->letter)
			n = (size_t)snprintf(text, sizeof(text), "-%c ", row->letter);
		if (!row->name && row->arg)
			snprintf(text + n, sizeof(text) - n, "%s", row->arg);
		else if (row->name)
			snprintf(text + n, sizeof(text) - n, "%s--%s%s%s", n ? "" : "   ",
				 row->name, row->arg ? "=" : "", str_or(row->arg, ""));
		fprintf(to, "  %-26s %s\n", text, row->help);
	}
}
