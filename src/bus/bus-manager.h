/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Signals of the manager's own properties. */

#include "bus/bus.h"

/*
 * Signals which of the manager's properties have changed since the last call. The first call only
 * remembers their values. 0 or negative errno.
 */
int bus_manager_emit_changes(struct bus *bus) _must_check_;
