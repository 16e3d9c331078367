/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The command line of devgroupd. */

#include "daemon/host/host.h"
#include "daemon/limits.h"

struct options {
	struct host_options host;
	struct limits limits;
	char **config_dirs; /* NULL: the default ones */
	int log_level;
	const char *introspect; /* print this interface and exit */
	bool done;		/* --help or --version was all */
};

/* What is not given stays as it is in *options. 0, or -EINVAL when it has said what is wrong. */
int options_parse(int argc, char *argv[], struct options *options) _must_check_;

void options_clear(struct options *options);
