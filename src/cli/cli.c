/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reports failures of this program itself. */

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

int cli_fail(int error, const char *what)
{
	fprintf(stderr, "devgroupctl: %s: %s\n", what, strerror(-error));
	return EXIT_FAILED;
}
