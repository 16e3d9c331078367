/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The part of `explain` on other slots, for devices that share a group. "other-slots" of a device
 * {"verdict" (built-in, no-slot, unknown, compared, or as-before with "like", a device below the
 * same port), "here" and "slots" [{"port", "slot", "empty", "width", "isolates" (null: not known),
 * "culprit"}], "companions" [device]}.
 */

#include "cli/print/cli-json.h"
#include "policy/report/slots.h"

/* Adds "other-slots" to @object if @device shares its group. 0 or -ENOMEM. */
int cli_explain_slots_fill(json_object *object, struct slots_finder *finder,
			   const struct device *device) _must_check_;
void cli_explain_slots_print(json_object *devices);
