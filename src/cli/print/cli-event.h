/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The events of `monitor`: a JSON object for each, {"time", "object", "name", "event", …}. The
 * event is added (with "properties"), changed ("before" and "changes"), removed or step, for
 * example. Each has a form as a line.
 */

#include "base/macro.h"
#include "cli/print/cli-json.h"

/* Makes an event of the object at @path with the current time. 0 or -ENOMEM. */
int cli_event_new(const char *path, const char *event, json_object **ret) _must_check_;
/* Prints "04:43:10.123  group nic0  state available -> claiming". */
void cli_event_print(json_object *event);
