/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a device is to its user, as `explain` tells it: devfacts.h as JSON and for people. */

#include "cli/print/cli-json.h"
#include "model/inventory.h"

/* The JSON of device_facts_add(). NULL when out of memory. */
json_object *cli_facts_to_json(const struct inventory *inv,
			       const struct device *device) _must_check_;

/* The "facts" of @devices, which `explain` has in its JSON, for people. */
void cli_facts_print(json_object *devices);
