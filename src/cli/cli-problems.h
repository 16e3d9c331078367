/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the daemon found wrong in its configuration. */

#include <stdio.h>

#include "cli/cli-object.h"

/* A line "FILE:LINE: TEXT" for each. */
void cli_problems_print(FILE *to, const char *indent, json_object *problems);
