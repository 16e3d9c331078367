/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The command line of devgroupd. Parses only; the caller acts. */

#include "daemon/host/host.h"
#include "daemon/limits.h"

struct options {
	struct host_options host;
	struct limits limits;
	char **config_dirs;	 /* NULL: the default ones */
	const char *bus_address; /* NULL: that of the system bus */
	int log_level;
	const char *introspect; /* print this D-Bus interface and exit; NULL: no */
	bool done;		/* --help or --version was printed: exit */
};

/*
 * Fills *options from the command line. Fields of options that are not given keep their values. 0,
 * or negative errno with a message on stderr.
 */
int options_parse(int argc, char *argv[], struct options *options) _must_check_;

void options_clear(struct options *options);
