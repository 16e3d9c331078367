/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The introspection data of one interface, without a bus: for devgroupd --bus-introspect=NAME. */

#include <stdio.h>

#include "base/macro.h"

/* Prints what Introspect() answers for the object of one interface. 0 or negative errno; -ENOENT:
 * no such one. */
int bus_introspect_print(const char *interface, FILE *out) _must_check_;
