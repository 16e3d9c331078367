/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * devgroupctl: the context that every verb gets, and the verbs.
 *
 * A verb, and every function that talks to the bus, returns 0 or an exit status, and has then
 * printed a message on stderr. Functions that only compute return a negative errno.
 */

#include <stdio.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

#include "base/macro.h"
#include "cli/cli-options.h"

/*
 * Exit statuses, see devgroupctl(1). 3 and 4 have the meaning that LSB gives them for a status
 * action.
 */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_CLAIMED = 3,
	EXIT_NO_SUCH = 4,
	EXIT_BUSY = 5,
	EXIT_BLOCKED = 6,
	EXIT_DENIED = 7,
	EXIT_TIMEOUT = 8,
};

struct cli {
	struct cli_options options;
	char **words; /* the words after the verb; NULL-terminated, of argv */
	size_t n_words;
	char **names;		 /* in place of some words; owned: see cli-name.h */
	sd_bus *bus;		 /* NULL until cli_bus_open() */
	char *daemon;		 /* unique name of the daemon's connection; NULL: it does not run */
	sd_bus_slot *owner_slot; /* NULL until cli_sender_follow() */
	FILE *kept;		 /* the real stdout while output is kept for the pager; or NULL */
	char *output;		 /* kept; owned */
	size_t output_size;
	pid_t agent; /* the polkit agent; 0: none */
};

struct verb {
	const char *name;
	size_t min, max; /* the number of words that may follow */
	int (*run)(struct cli *cli);
	uint64_t options; /* CLI_OPTIONS_BIT() of its options, besides those of every verb */
	const char *args;
	const char *help;
};

/*
 * Prints "WHAT: " and the negative errno @error, and returns EXIT_FAILED. For failures of this
 * program itself, such as out of memory.
 */
int cli_fail(int error, const char *what);

int verb_args(struct cli *cli);
int verb_cdi(struct cli *cli);
int verb_doctor(struct cli *cli);
int verb_list(struct cli *cli);
int verb_status(struct cli *cli);
int verb_explain(struct cli *cli);
int verb_graph(struct cli *cli);
int verb_plan(struct cli *cli);
int verb_claim(struct cli *cli);
int verb_release(struct cli *cli);
int verb_reset(struct cli *cli);
int verb_run(struct cli *cli);
int verb_check(struct cli *cli);
int verb_define(struct cli *cli);
int verb_undefine(struct cli *cli);
int verb_cat_config(struct cli *cli);
int verb_capsule(struct cli *cli);
int verb_snapshot(struct cli *cli);
int verb_monitor(struct cli *cli);
int verb_reload(struct cli *cli);
