/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Prints what `status` shows, for people: a heading, then lines "      Label: text". */

#include <stdio.h>

#include "cli/print/cli-json.h"

/* Prints a line "FILE:LINE: TEXT" for each problem that the daemon found in its configuration. */
void cli_status_print_problems(FILE *to, const char *indent, json_object *problems);

void cli_status_print_manager(json_object *manager);
/* Prints @group, in which its devices and lease replace their paths. */
void cli_status_print_group(json_object *group);
/* Prints @device, which has "group" if it belongs to one. */
void cli_status_print_device(json_object *device);
