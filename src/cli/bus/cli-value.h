/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Converts D-Bus values of any type to JSON. */

#include <systemd/sd-bus.h>

#include "cli/print/cli-json.h"

/*
 * Reads one value at the position of @m. @name is the property that it belongs to, in kebab-case,
 * or NULL; it selects the names of the fields of structures. 0 or negative errno.
 */
int cli_value_read(sd_bus_message *m, const char *name, json_object **ret) _must_check_;
