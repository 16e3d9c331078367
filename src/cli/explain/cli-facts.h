/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The facts that the user of a device needs (policy/devinfo/device-facts.h), as JSON and for
 * people.
 */

#include "cli/print/cli-json.h"
#include "model/inventory.h"

/* Returns the facts of @device as JSON; NULL when out of memory. */
json_object *cli_facts_to_json(const struct inventory *inv,
			       const struct device *device) _must_check_;

/* Prints the "facts" of @devices, which are in the JSON of `explain`, for people. */
void cli_facts_print(json_object *devices);
