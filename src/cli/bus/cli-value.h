/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* D-Bus values of any type to JSON. */

#include <systemd/sd-bus.h>

#include "cli/print/cli-json.h"

/*
 * Reads one value at the message's place. @name is the property it belongs to in kebab-case, or
 * NULL: it tells the names of the fields of structures that have some. Negative errno.
 */
int cli_value_read(sd_bus_message *m, const char *name, json_object **ret) _must_check_;
