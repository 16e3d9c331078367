/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The command line, read once. Options may stand before and after the verb; "--" ends them. Only
 * the form of arguments is checked here, not whether they make sense.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/macro.h"

enum cli_json_mode { CLI_JSON_OFF, CLI_JSON_SHORT, CLI_JSON_PRETTY };

enum option_id {
	/* for every verb */
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_JSON,
	OPTION_J,
	OPTION_HOST,
	OPTION_MACHINE,
	OPTION_NO_PAGER,
	OPTION_NO_LEGEND,
	OPTION_NO_ASK_PASSWORD,
	OPTION_QUIET,
	OPTION_VERBOSE,
	OPTION_COMMON, /* the number of the options above */
	/* for the verbs that list them in the verb table */
	OPTION_ALL = OPTION_COMMON,
	OPTION_BRIDGES,
	OPTION_DEVICES,
	OPTION_LABEL,
	OPTION_WAIT,
	OPTION_FORCE,
	OPTION_DRY_RUN,
	OPTION_INTERFACE,
	OPTION_ACCESS,
	OPTION_VMM,
	OPTION_MEMORY,
	OPTION_RULES,
	OPTION_METHOD,
	OPTION_HOST_FILE,
	OPTION_CONFIG_DIR,
	OPTION_ASSIGNABLE,
	OPTION_BLOCKED,
	OPTION_TREE,
	OPTION_ROOT,
	OPTION_RUNTIME,
	OPTION_REPLACE,
	OPTION_MASK,
	/* the definition of a group, for define */
	OPTION_DEVICE,
	OPTION_DRIVER,
	OPTION_USER,
	OPTION_GROUP,
	OPTION_DESCRIPTION,
	OPTION_RESERVED_FOR,
	OPTION_BIND,
	OPTION_ON_RELEASE,
	OPTION_MEMLOCK,
	OPTION_COUNT,
};

#define CLI_OPTIONS_BIT(id) (UINT64_C(1) << (id))

/* The keys of a group's definition. They are checked by the parser of files. NULL: not given. */
struct definition_options {
	char **devices, **users, **groups; /* owned */
	const char *driver, *description, *reserved_for, *bind, *on_release, *memlock;
};

struct cli_options {
	enum cli_json_mode json;
	const char *host, *machine;
	bool no_pager, no_legend, no_ask_password, quiet, verbose;
	bool help, version;
	bool all, bridges, devices, force, dry_run, runtime, replace, mask;
	bool assignable, blocked, tree;
	const char *label, *interface, *access, *root; /* NULL: not given */
	const char *vmm, *memory, *rules, *method;     /* likewise */
	const char *host_file, *config_dir;	       /* likewise */
	uint64_t wait; /* µs; valid only if OPTION_WAIT is in given */
	struct definition_options definition;
	uint64_t given; /* CLI_OPTIONS_BIT() of each option on the line */

	char **words;	/* the words that are not options, the verb first; owned, the strings belong
			   to argv */
	char **command; /* the words behind "--", of argv; NULL: there is no "--" */
};

/* Reads the command line. 0, or -EINVAL with a message printed; clear *ret in both cases. */
int cli_options_parse(int argc, char **argv, struct cli_options *ret) _must_check_;
void cli_options_clear(struct cli_options *options);

/* Returns --wait in µs, or NULL if it was not given. */
const uint64_t *cli_options_wait(const struct cli_options *options);

/*
 * Returns the name of the first given option that is neither in @allowed nor common to all verbs,
 * or NULL.
 */
const char *cli_options_find_unfit(const struct cli_options *options, uint64_t allowed);

/* Prints a line of help for each option of @ids, a set of CLI_OPTIONS_BIT(). */
void cli_options_print_help(FILE *to, uint64_t ids);
