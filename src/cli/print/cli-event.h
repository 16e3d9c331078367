/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What `monitor` tells: one JSON object per event, {"time", "object", "name", "event", …},
 * where the event is added (with "properties"), changed ("before" and "changes"), removed, or
 * step. And the same as a line.
 */

#include "base/macro.h"
#include "cli/print/cli-json.h"

/* An event of now about the object at @path; 0 or -ENOMEM. */
int cli_event_new(const char *path, const char *event, json_object **ret) _must_check_;
/* "04:43:10.123  group nic0  state available -> claiming" */
void cli_event_print(json_object *event);
