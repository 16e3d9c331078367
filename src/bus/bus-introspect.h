/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The introspection data of one interface, without a bus: for devgroupd --bus-introspect=NAME. */

#include <stdio.h>

#include "base/macro.h"

/*
 * Prints @interface as Introspect() describes it. 0 or negative errno; -ENOENT: no object has that
 * interface.
 */
int bus_introspect_print(const char *interface, FILE *out) _must_check_;
