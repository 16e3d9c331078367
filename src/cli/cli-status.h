/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What `status` shows, for people: a heading, then lines "      Label: text". */

#include "cli/cli-json.h"

void cli_status_print_manager(json_object *manager);
/* @group with its devices and lease in place of their paths. */
void cli_status_print_group(json_object *group);
/* @device with "group", if it is in one. */
void cli_status_print_device(json_object *device);
