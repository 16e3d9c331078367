/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli-options.h"

/* getopt_long() values: letters are themselves, options without a letter start here. */
#define VALUE_BASE 256

/* A year: beyond it a wait is for ever, and the sum with the clock cannot overflow. */
#define WAIT_MAX 31536000.0

struct option_def {
	const char *name;
	char letter;
	const char *arg; /* NULL: takes none */
	const char *help;
};

static const struct option_def option_defs[OPTION_COUNT] = {
	[OPTION_HELP] = { "help", 'h', NULL, "Show this help, or that of the verb" },
	[OPTION_VERSION] = { "version", 0, NULL, "Show the version" },
	[OPTION_JSON] = { "json", 0, "MODE", "Print JSON: short, pretty or off" },
	[OPTION_J] = { NULL, 'j', NULL, "--json=pretty on a terminal, --json=short elsewhere" },
	[OPTION_HOST] = { NULL, 'H', "HOST", "Ask the daemon of another host, over ssh" },
	[OPTION_MACHINE] = { "machine", 'M', "NAME", "Ask the daemon in a local container" },
	[OPTION_NO_PAGER] = { "no-pager", 0, NULL, "Do not pipe the output into a pager" },
	[OPTION_NO_LEGEND] = { "no-legend", 0, NULL, "Leave out column headers and totals" },
	[OPTION_NO_ASK_PASSWORD] = { "no-ask-password", 0, NULL,
				     "Fail rather than ask for a password" },
	[OPTION_QUIET] = { "quiet", 'q', NULL, "Say nothing but results and errors" },
	[OPTION_VERBOSE] = { "verbose", 'v', NULL, "Show each step, also when not on a terminal" },
	[OPTION_ALL] = { "all", 'a', NULL, "Also IOMMU groups that no group names, with devices" },
	[OPTION_DEVICES] = { "devices", 'd', NULL, "A line for each device below its group" },
	[OPTION_LABEL] = { "label", 0, "TEXT", "What the claim is for, e.g. the name of the VM" },
	[OPTION_WAIT] = { "wait", 0, "SECONDS", "Wait this long for a group or device in use" },
	[OPTION_FORCE] = { "force", 'f', NULL, "Override soft blockers" },
	[OPTION_DRY_RUN] = { "dry-run", 'n', NULL, "Show the steps and change nothing" },
	[OPTION_INTERFACE] = { "interface", 0, "NAME",
			       "Descriptors or nodes to ask for: auto, group or iommufd" },
	[OPTION_ACCESS] = { "access", 0, "HOW",
			    "fd (descriptors), or node: COMMAND opens paths itself" },
	[OPTION_VMM] = { "vmm", 0, "NAME[:VERSION]", "qemu, cloud-hypervisor, crosvm or libvirt" },
	[OPTION_MEMORY] = { "memory", 0, "SIZE",
			    "Of the VM that is to have the devices, e.g. 16G" },
	[OPTION_METHOD] = { "method", 0, "NAME", "How to reset: a word of reset_method, or none" },
	[OPTION_HOST_FILE] = { "host", 0, "FILE",
			       "A recorded host: a snapshot, or lspci -xxxx; - is standard input" },
	[OPTION_CONFIG_DIR] = { "config-dir", 0, "DIR",
				"With --host: definitions of this directory" },
	[OPTION_ASSIGNABLE] = { "assignable", 0, NULL, "Only what could be claimed now" },
	[OPTION_BLOCKED] = { "blocked", 0, NULL, "Only what could not, and why" },
	[OPTION_TREE] = { "tree", 0, NULL, "Plain text instead of Graphviz" },
	[OPTION_ROOT] = { "root", 0, "DIR", "Work on the files below DIR" },
	[OPTION_RUNTIME] = { "runtime", 0, NULL, "Until the next boot: in /run instead of /etc" },
	[OPTION_REPLACE] = { "replace", 0, NULL, "Also where there is another definition already" },
	[OPTION_MASK] = { "mask", 0, NULL, "Leave a link to /dev/null in place of the file" },
	[OPTION_DEVICE] = { "device", 0, "DEVICE", "Address or selector; may be repeated" },
	[OPTION_DRIVER] = { "driver", 0, "NAME", "The driver of claimed devices" },
	[OPTION_USER] = { "user", 0, "USER", "Who may claim the group (repeatable), or gets it" },
	[OPTION_GROUP] = { "group", 0, "GROUP", "Whose members may; may be repeated" },
	[OPTION_DESCRIPTION] = { "description", 0, "TEXT", "A line for people" },
	[OPTION_RESERVED_FOR] = { "reserved-for", 0, "LABEL", "Only for claims with this label" },
	[OPTION_BIND] = { "bind", 0, "WHEN", "When host drivers lose the devices: claim, boot" },
	[OPTION_ON_RELEASE] = { "on-release", 0, "WHAT", "After the claim: restore, keep or none" },
};

static int cli_options_getopt_value(size_t id)
{
	return option_defs[id].letter ? option_defs[id].letter : VALUE_BASE + (int)id;
}

static size_t cli_options_find_id(int value)
{
	size_t id = 0;

	while (id < OPTION_COUNT && cli_options_getopt_value(id) != value)
		id++;
	return id;
}

static int cli_options_parse_json(const char *s, enum cli_json_mode *ret)
{
	static const char *const names[] = {
		[CLI_JSON_OFF] = "off",
		[CLI_JSON_SHORT] = "short",
		[CLI_JSON_PRETTY] = "pretty",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(s, names[i])) {
			*ret = (enum cli_json_mode)i;
			return 0;
		}
	fprintf(stderr, "devgroupctl: --json=%s: it is one of short, pretty, off.\n", s);
	return -EINVAL;
}

static int cli_options_parse_wait(const char *s, uint64_t *ret)
{
	double seconds;
	char *end;

	errno = 0;
	seconds = strtod(s, &end);
	if (end == s || *end || errno || !isfinite(seconds) || seconds < 0 || seconds > WAIT_MAX) {
		fprintf(stderr, "devgroupctl: --wait=%s: a number of seconds was expected.\n", s);
		return -EINVAL;
	}
	*ret = (uint64_t)(seconds * 1e6);
	return 0;
}

static int cli_options_parse_access(const char *s, const char **ret)
{
	if (!str_eq(s, "fd") && !str_eq(s, "node")) {
		fprintf(stderr, "devgroupctl: --access=%s: it is one of fd, node.\n", s);
		return -EINVAL;
	}
	*ret = s;
	return 0;
}

static int cli_options_parse_interface(const char *s, const char **ret)
{
	if (!str_eq(s, "auto") && !str_eq(s, "group") && !str_eq(s, "iommufd")) {
		fprintf(stderr, "devgroupctl: --interface=%s: it is one of auto, group, iommufd.\n",
			s);
		return -EINVAL;
	}
	*ret = s;
	return 0;
}

/* Those that are words of the user's, kept as they are. */
static const char **cli_options_text_field(struct cli_options *o, enum option_id id)
{
	const char **const texts[OPTION_COUNT] = {
		[OPTION_HOST] = &o->host,
		[OPTION_MACHINE] = &o->machine,
		[OPTION_LABEL] = &o->label,
		[OPTION_VMM] = &o->vmm,
		[OPTION_MEMORY] = &o->memory,
		[OPTION_HOST_FILE] = &o->host_file,
		[OPTION_CONFIG_DIR] = &o->config_dir,
		[OPTION_ROOT] = &o->root,
		[OPTION_METHOD] = &o->method,
		[OPTION_DRIVER] = &o->definition.driver,
		[OPTION_DESCRIPTION] = &o->definition.description,
		[OPTION_RESERVED_FOR] = &o->definition.reserved_for,
		[OPTION_BIND] = &o->definition.bind,
		[OPTION_ON_RELEASE] = &o->definition.on_release,
	};

	return texts[id];
}

static int cli_options_set_value(struct cli_options *o, enum option_id id, const char *arg)
{
	const char **text = cli_options_text_field(o, id);

	if (text) {
		*text = arg;
		return 0;
	}
	switch (id) {
	case OPTION_JSON:
		return cli_options_parse_json(arg, &o->json);
	case OPTION_WAIT:
		return cli_options_parse_wait(arg, &o->wait);
	case OPTION_INTERFACE:
		return cli_options_parse_interface(arg, &o->interface);
	case OPTION_ACCESS:
		return cli_options_parse_access(arg, &o->access);
	case OPTION_DEVICE:
		return strv_add(&o->definition.devices, arg);
	case OPTION_USER:
		return strv_add(&o->definition.users, arg);
	case OPTION_GROUP:
		return strv_add(&o->definition.groups, arg);
	default:
		return -EINVAL;
	}
}

static int cli_options_set_switch(struct cli_options *o, enum option_id id)
{
	bool *const switches[OPTION_COUNT] = {
		[OPTION_HELP] = &o->help,
		[OPTION_VERSION] = &o->version,
		[OPTION_NO_PAGER] = &o->no_pager,
		[OPTION_NO_LEGEND] = &o->no_legend,
		[OPTION_NO_ASK_PASSWORD] = &o->no_ask_password,
		[OPTION_QUIET] = &o->quiet,
		[OPTION_VERBOSE] = &o->verbose,
		[OPTION_ALL] = &o->all,
		[OPTION_DEVICES] = &o->devices,
		[OPTION_FORCE] = &o->force,
		[OPTION_DRY_RUN] = &o->dry_run,
		[OPTION_RUNTIME] = &o->runtime,
		[OPTION_REPLACE] = &o->replace,
		[OPTION_MASK] = &o->mask,
		[OPTION_ASSIGNABLE] = &o->assignable,
		[OPTION_BLOCKED] = &o->blocked,
		[OPTION_TREE] = &o->tree,
	};

	if (id == OPTION_J)
		o->json = isatty(STDOUT_FILENO) ? CLI_JSON_PRETTY : CLI_JSON_SHORT;
	else
		*switches[id] = true;
	return 0;
}

/*
 * The leading "-" makes getopt_long() hand out words in their place, as value 1, and reorder
 * nothing.
 */
static void cli_options_make_getopt_tables(char letters[static 2 * OPTION_COUNT + 2],
					   struct option longs[static OPTION_COUNT + 1])
{
	char *at = letters;
	size_t n = 0;

	*at++ = '-';
	for (size_t id = 0; id < OPTION_COUNT; id++) {
		if (option_defs[id].letter)
			*at++ = option_defs[id].letter;
		if (option_defs[id].letter && option_defs[id].arg)
			*at++ = ':';
		if (option_defs[id].name)
			longs[n++] = (struct option){
				.name = option_defs[id].name,
				.has_arg = option_defs[id].arg ? required_argument : no_argument,
				.val = cli_options_getopt_value(id),
			};
	}
	*at = '\0';
	longs[n] = (struct option){ 0 };
}

/* One thing that getopt_long() found: a word, an option, or what it has already complained of. */
static int cli_options_take(struct cli_options *o, int value, size_t *n_words)
{
	size_t id = cli_options_find_id(value);

	if (value == 1) {
		o->words[(*n_words)++] = optarg;
		return 0;
	}
	if (id == OPTION_COUNT)
		return -EINVAL;
	o->given |= CLI_OPTIONS_BIT(id);
	return option_defs[id].arg ? cli_options_set_value(o, (enum option_id)id, optarg) :
				     cli_options_set_switch(o, (enum option_id)id);
}

/* "explain --host" without a file is of this host. What is behind "--" is another program's. */
static bool cli_options_ends_in_host(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (str_eq(argv[i], "--"))
			return false;
	return argc > 1 && str_eq(argv[argc - 1], "--host");
}

int cli_options_parse(int argc, char **argv, struct cli_options *ret)
{
	char letters[2 * OPTION_COUNT + 2];
	struct option longs[OPTION_COUNT + 1];
	size_t n_words = 0;
	int at, value, r;

	*ret = (struct cli_options){ .words = calloc((size_t)argc + 1, sizeof(char *)) };
	if (!ret->words)
		return -ENOMEM;
	cli_options_make_getopt_tables(letters, longs);
	if (cli_options_ends_in_host(argc, argv))
		argc--;
	optind = 0; /* 0, not 1: glibc's way to start afresh, for the unit tests */
	for (;;) {
		at = optind ? optind : 1;
		value = getopt_long(argc, argv, letters, longs, NULL);
		if (value < 0)
			break;
		r = cli_options_take(ret, value, &n_words);
		if (r < 0)
			return r;
	}
	/* at is where this last look started: only there "--" is no option's argument */
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

const char *cli_options_find_unfit(const struct cli_options *options, uint64_t allowed)
{
	for (size_t id = OPTION_COMMON; id < OPTION_COUNT; id++)
		if (options->given & ~allowed & CLI_OPTIONS_BIT(id))
			return option_defs[id].name;
	return NULL;
}

void cli_options_print_help(FILE *to, uint64_t ids)
{
	for (size_t id = 0; id < OPTION_COUNT; id++) {
		const struct option_def *def = &option_defs[id];
		char text[40] = "";
		size_t n = 0;

		if (!(ids & CLI_OPTIONS_BIT(id)))
			continue;
		if (def->letter)
			n = (size_t)snprintf(text, sizeof(text), "-%c ", def->letter);
		if (!def->name && def->arg)
			snprintf(text + n, sizeof(text) - n, "%s", def->arg);
		else if (def->name)
			snprintf(text + n, sizeof(text) - n, "%s--%s%s%s", n ? "" : "   ",
				 def->name, def->arg ? "=" : "", str_or(def->arg, ""));
		fprintf(to, "  %-26s %s\n", text, def->help);
	}
}
