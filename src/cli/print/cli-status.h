/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What `status` shows, for people: a heading, then lines "      Label: text". */

#include <stdio.h>

#include "cli/print/cli-json.h"

/* A line "FILE:LINE: TEXT" for each problem that the daemon found in its configuration. */
void cli_status_print_problems(FILE *to, const char *indent, json_object *problems);

void cli_status_print_manager(json_object *manager);
/* @group with its devices and lease in place of their paths. */
void cli_status_print_group(json_object *group);
/* @device with "group", if it is in one. */
void cli_status_print_device(json_object *device);
